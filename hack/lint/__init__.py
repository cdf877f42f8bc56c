"""The rules of the house as programs: `python -m lint` asks all of them, `python -m lint NAME...` some."""
