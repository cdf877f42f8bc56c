"""What is made from the code and the chart and never edited: CRDs, deploy/, the reference, the architecture.

`python -m generate` writes, `--check` compares.

Ask here: how a schema is made of a pydantic type; what a type must not be; how a page of docs/reference comes about; how deploy/ is
made of the chart; by what ArgoCD knows how an object of Vireo's is.
"""
