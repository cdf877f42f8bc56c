"""Operation: one imperative act on a machine or a disk, such as a restart, a move or a restore. It acts once."""
