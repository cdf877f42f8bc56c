"""The tests, tier by tier, from the quick ones to those that need a whole cloud: `python -m tiers [NAME...]`."""
