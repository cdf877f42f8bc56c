"""The local cloud: a real Kubernetes cluster with KubeVirt on one machine, without a container engine."""
