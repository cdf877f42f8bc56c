"""The extender: a scheduler asks where a pod would go best, and is answered from the load table. It only ranks: without it, all works.

Ask here: what a scheduler sends, and what of it is read; what a pod requests, as a scheduler counts; how an answer is made that fast;
which server it is, and how it shares a loop with the watches that keep the table.
"""
