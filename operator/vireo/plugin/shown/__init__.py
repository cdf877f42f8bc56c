"""What is shown, from decoded objects: pages of tables, and the same as JSON. Pure: the time comes in as an
argument.

Ask here: how it is said that an object is well; in what order things stand; which columns a table has; what completes a word.
"""
