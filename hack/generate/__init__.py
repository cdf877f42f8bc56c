"""What is made from the types and never edited: CRDs and the reference. `python -m generate` writes, `--check` compares."""
