"""The version of every component of the local cloud, once. After a change here: `python -m cloud.build.pin MODULE`."""

KUBERNETES = "v1.36.3"  # pin kubernetes, and then metrics-server, which is like it
KUBEVIRT = "v1.8.2"
CDI = "v1.65.0"
ETCD = "v3.6.8"
CONTAINERD = "v2.1.4"
CONTAINERD_API = "v1.9.0"
CNI_PLUGINS = "v1.9.1"
MULTUS = "v4.2.0"
REGISTRY = "v3.1.2"
HELM = "v3.22.0"
CERT_MANAGER = "v1.21.2"
ARGO_CD = "v3.2.0"  # 3.6 asks for a newer Go
METRICS_SERVER = "v0.9.0"
PROMETHEUS = "v0.316.0"  # as a module; released as v3.16.0
KWOK = "v0.8.0"
KIND = "v0.33.0"
PROVISIONER = "v6.4.0"
RESIZER = "v2.3.0"
SNAPSHOTTER = "v8.7.0"
KUBERNETES_LIBRARIES = KUBERNETES.replace("v1.", "v0.")
DEBIAN = "trixie"
