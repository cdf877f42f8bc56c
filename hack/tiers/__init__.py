"""The tests, tier by tier, from the quick ones to those that need a whole cloud: `python -m tiers [NAME...]`.

Ask here: what `make test` runs, in which order and where; where its logs are.
"""
