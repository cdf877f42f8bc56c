"""What the scheduler's extender says of the load, wherever it runs."""

import urllib.request

from prometheus_client.parser import text_string_to_metric_families
from support.user import User

from cloud import scheduler, vireo
from cloud.api import Api


def loads(user: User) -> list[dict[str, float]]:
    """B of each node, as each replica knows it."""
    return [_by_label(page, "vireo_node_load_ratio", "node") for page in _pages(user)]


def sources(user: User) -> list[dict[str, float]]:
    """Whether each source answered, as each replica knows it."""
    return [_by_label(page, "vireo_load_source_up", "source") for page in _pages(user)]


def _by_label(page: str, name: str, label: str) -> dict[str, float]:
    found = [family.samples for family in text_string_to_metric_families(page) if family.name == name]
    return {sample.labels[label]: sample.value for samples in found for sample in samples}


def _pages(user: User) -> list[str]:
    settings = user.settings
    if settings.run == "process":
        with urllib.request.urlopen(f"http://127.0.0.1:{scheduler.health_port(settings)}/metrics") as page:
            return [page.read().decode()]
    root = f"/api/v1/namespaces/{vireo.NAMESPACE}/pods"
    pods = Api(settings).items(root, labelSelector="app.kubernetes.io/component=scheduler")
    return [user.kubectl("get", "--raw", f"{root}/{pod['metadata']['name']}:8081/proxy/metrics") for pod in pods]
