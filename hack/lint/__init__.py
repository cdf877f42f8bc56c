"""The rules of the house as programs: `python -m lint` asks all of them, `python -m lint NAME...` some.

Ask here: what `make lint` asks; how long a function or file may be; how a gate is added.
"""
