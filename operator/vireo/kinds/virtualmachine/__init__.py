"""VirtualMachine: a guest with its hardware, disks and power state, as one machine of KubeVirt."""
