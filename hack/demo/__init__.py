"""`make demo`: the local cloud up, examples/ applied, and what then happens told as a person at a terminal would see it."""
