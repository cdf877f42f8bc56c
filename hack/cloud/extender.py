"""What the scheduler's extenders say of the load, wherever they run: each replica keeps a table of its own."""

import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from cloud import scheduler, vireo
from cloud.api import Api
from cloud.settings import Settings

PODS = f"/api/v1/namespaces/{vireo.NAMESPACE}/pods"


def loads(settings: Settings) -> list[dict[str, float]]:
    """B of each node, as each replica knows it. Raises ApiError."""
    return [_values(page, "vireo_node_load_ratio", "node") for page in _pages(settings)]


def cpu_use(settings: Settings) -> list[dict[str, float]]:
    """The share of each node's cores that is in use, as each replica knows it. Raises ApiError."""
    return [_values(page, "vireo_node_use_ratio", "node", resource="cpu") for page in _pages(settings)]


def sources(settings: Settings) -> list[dict[str, float]]:
    """Whether each source answered, as each replica knows it. Raises ApiError."""
    return [_values(page, "vireo_load_source_up", "source") for page in _pages(settings)]


def _values(page: str, name: str, label: str, **labels: str) -> dict[str, float]:
    samples = [one for family in text_string_to_metric_families(page) for one in family.samples if one.name == name]
    return {one.labels[label]: one.value for one in samples if labels.items() <= one.labels.items()}


def _pages(settings: Settings) -> list[str]:
    if settings.run == "process":
        with urllib.request.urlopen(f"http://127.0.0.1:{scheduler.health_port(settings)}/metrics") as page:
            return [page.read().decode()]
    api = Api(settings)
    pods = api.items(PODS, labelSelector="app.kubernetes.io/component=scheduler")
    return [api.text(f"{PODS}/{pod['metadata']['name']}:8081/proxy/metrics") for pod in pods]
