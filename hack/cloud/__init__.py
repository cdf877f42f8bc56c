"""The local cloud: a real Kubernetes cluster with KubeVirt on one machine, without a container engine.

Ask here: what `make up` does, step by step; which addresses and folders a cloud has; how its processes are found and ended; how
what a step waits for is said.
"""
