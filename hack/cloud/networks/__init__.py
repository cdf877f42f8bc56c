"""Networks beside the pods': Multus, which attaches pods to them, the nodes' bridges, and what machines are bound by on this kernel."""

from cloud.networks.deploy import CRD, deploy

__all__ = ["CRD", "deploy"]
