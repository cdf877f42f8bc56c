"""What a kind is made of: the values of a reconcile and the words they use. Pure: no clock, no network, no randomness.

Ask here: what a reconcile may know, wish and do; what a condition is, and which reasons there are; how an object's bytes become
values; which labels, annotations and finalizers Vireo writes; how a field gets its bounds and rules; how a quantity is read.
"""
