"""`kubectl vireo`: what a person at a terminal asks of the cluster, and the acts that take more than a `kubectl apply`.

Each subcommand is a module that reads, and hands what it read to its page in `shown`, which is pure. What can be typed is one table
(commands.py): the parser, the completion and the reference are made of it.

Ask here: which subcommands and flags there are; how a cluster is found; what an error says; how an operation is followed; how a console
is connected.
"""
