"""metrics-server: what nodes and pods are measured to use, as the API metrics.k8s.io, of real and simulated nodes alike.

Where there are real nodes it runs on them. Without, it is a process of the host behind a simulated pod, as KubeVirt's parts are.

Ask here: where `kubectl top` has its figures from.
"""

from cloud.metrics.deploy import IMAGES, deploy

__all__ = ["IMAGES", "deploy"]
