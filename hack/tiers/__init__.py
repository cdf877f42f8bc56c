"""The tests, tier by tier, the quick ones beside those that need a whole cloud: `python -m tiers [NAME...]`.

Ask here: what `make test` runs, in which order, what beside what and where; where its logs are.
"""
