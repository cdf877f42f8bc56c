"""What a kind is made of: the values of a reconcile and the words they use. Pure: no clock, no network, no randomness."""
