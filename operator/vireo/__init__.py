"""Vireo: four resources that a person can read, above KubeVirt, CDI, CSI and Multus. docs/architecture.md says which room does what."""
