"""What is made from the code and never edited: CRDs, the reference, the architecture. `python -m generate` writes, `--check` compares.

Ask here: how a schema is made of a pydantic type; what a type must not be; how a page of docs/reference comes about.
"""
