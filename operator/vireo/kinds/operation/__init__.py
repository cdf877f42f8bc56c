"""Operation: one imperative act on a machine, such as a restart or a move. It acts once."""
