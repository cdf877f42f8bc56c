"""The formulas: each once, as a pure function with its units in the docstring.

Ask here: what is expected of an act, from those that were seen; how a few that took much too long are kept from spoiling it; how
long a machine's memory takes to be copied to another node; how even the load of the nodes is, and what a placement changes of that.
"""
