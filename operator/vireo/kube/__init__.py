"""All reads of the API server, and the connection that everything uses: watches, projections, the store, what one reconcile sees.

Ask here: what is kept of an object, and whom its change wakes; what happens when a watch breaks or an answer is late; how long a
request may take; how a Secret is looked at without reading it.
"""
