"""Admission: what a spec's checks would say a moment later, said while it is applied. A webhook, without which everything works.

Ask here: which request is answered how; what is looked at for it; how the webhook's certificates come about, are renewed, and
become known to the API server.
"""
