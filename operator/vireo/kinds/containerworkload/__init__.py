"""ContainerWorkload: containers as one of Kubernetes' own controllers, with ports of switches and disks, and why they do not run."""
