"""What is measured in the cluster, by whoever measures it: samples of what nodes and pods use, behind one interface.

A source is asked every few seconds. What it does not know is no sample; what of its samples can be believed, the load table decides.
"""

import math
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple, Protocol

import aiohttp
import msgspec

from vireo.api.measures import Quantity, Sample
from vireo.api.quantities import quantity
from vireo.api.resources import Resource
from vireo.kube.client import ApiError, Client
from vireo.kube.look import ABSENT

MEASURED_NODES: Final = Resource("metrics.k8s.io", "v1beta1", "nodes", "NodeMetrics", namespaced=False)
MEASURED_PODS: Final = Resource("metrics.k8s.io", "v1beta1", "pods", "PodMetrics")
ASKED: Final = aiohttp.ClientTimeout(total=10)


class Places(Protocol):
    """Where things are."""

    def node_of(self, pod: str) -> str:
        """The node of a pod NAMESPACE/NAME; "" of one that is not known."""

    def pod_of(self, namespace: str, machine: str, node: str) -> str:
        """The pod NAMESPACE/NAME in which a machine's guest runs on that node; "" where none does."""


class Source(Protocol):
    """Who measures."""

    name: str

    def samples(self, places: Places, now: datetime) -> AsyncIterator[Sample]:
        """The newest of everything, one after the other: there may be a hundred thousand. Raises ApiError where there is no answer."""


class _Meta(msgspec.Struct):
    name: str
    namespace: str = ""


class _Container(msgspec.Struct):
    usage: dict[str, str] = {}


class _Measured(msgspec.Struct):
    """NodeMetrics has `usage`, PodMetrics has it for each container."""

    metadata: _Meta
    timestamp: datetime
    usage: dict[str, str] = {}
    containers: list[_Container] = []


class _List(msgspec.Struct):
    items: list[_Measured] = []


class MetricsApi:
    """metrics.k8s.io, which `kubectl top` and autoscalers ask too: cpu and memory of nodes and pods, about every 15 seconds."""

    name = "metrics.k8s.io"

    def __init__(self, client: Client) -> None:
        self._client = client

    async def samples(self, places: Places, now: datetime) -> AsyncIterator[Sample]:
        for one in await self._list(MEASURED_NODES.path()):
            for found in _samples(one, one.metadata.name, "", one.usage, now):
                yield found
        async for found in self.of_pods(places, now):
            yield found

    async def of_pods(self, places: Places, now: datetime, namespace: str = "") -> AsyncIterator[Sample]:
        """What pods use, of a namespace or of all. Raises ApiError."""
        for one in await self._list(MEASURED_PODS.path(namespace)):
            for found in _of_pod(one, places, now):
                yield found

    async def _list(self, path: str) -> list[_Measured]:
        try:
            return msgspec.json.decode(await self._client.request("GET", path), type=_List).items
        except ApiError as error:
            if error.code != ABSENT:
                raise
            raise ApiError("GET", path, ABSENT, "NotServed", "no metrics-server in this cluster") from error
        except msgspec.DecodeError as error:
            raise ApiError("GET", path, 0, "BadAnswer", str(error)) from error


def _of_pod(one: _Measured, places: Places, now: datetime) -> Iterator[Sample]:
    """Of a pod whose container has just started anew there is nothing: it is not known, and not 0."""
    key = f"{one.metadata.namespace}/{one.metadata.name}"
    used = [container.usage for container in one.containers]
    known = [name for name in ("cpu", "memory") if used and all(name in usage for usage in used)]
    total = {name: math.fsum(_number(usage[name]) for usage in used) for name in known}
    yield from _samples(one, places.node_of(key), key, total, now)


def _samples(
    one: _Measured, node: str, workload: str, usage: Mapping[str, str | float], now: datetime
) -> Iterator[Sample]:
    age = (now - one.timestamp).total_seconds()
    for name, value in usage.items():
        if name in ("cpu", "memory"):
            known: Quantity = "cpu" if name == "cpu" else "memory"
            yield Sample(node, workload, known, _number(value) if isinstance(value, str) else value, age)


def _number(text: str) -> float:
    """NaN for what is no quantity: it is then dropped, and counted, as all that is absurd."""
    try:
        return float(quantity(text))
    except ValueError:
        return math.nan


class _Query(NamedTuple):
    """What is asked of Prometheus. Its series name a machine (namespace, name, node), or a pod (namespace, pod)."""

    quantity: Quantity
    text: str
    of_machines: bool


_EACH: Final = "sum by (namespace, name, node)"
_POD: Final = "sum by (namespace, pod)"
_DELAY: Final = f"{_EACH} (rate(kubevirt_vmi_vcpu_delay_seconds_total[2m]))"
_RAN: Final = f"{_EACH} (rate(max without (state) (kubevirt_vmi_vcpu_seconds_total)[2m:15s]))"
"""KubeVirt puts what a vCPU does at the moment on the counter of all its time, as a label: a vCPU that sleeps now and then is two series
that take turns, each with gaps, and their rates add up to more than it ran. So the label is taken off first; of two that
are still seen the newer is the greater."""
_LIMITED: Final = '{container!="",pod!~"virt-launcher-.*"}'
"""Of a machine's pod only those containers have a limit that the guest does not run in; its vCPUs say how it fares."""


def _rates(*counters: str) -> str:
    """The sum of how fast they grow. `rate` sees where a counter starts again."""
    return " + ".join(f"{_EACH} (rate({one}[2m]))" for one in counters)


QUERIES: Final = (
    _Query("memory", "kubevirt_vmi_memory_available_bytes - kubevirt_vmi_memory_usable_bytes", of_machines=True),
    _Query(
        "disk",
        _rates("kubevirt_vmi_storage_read_traffic_bytes_total", "kubevirt_vmi_storage_write_traffic_bytes_total"),
        of_machines=True,
    ),
    _Query(
        "network",
        _rates("kubevirt_vmi_network_receive_bytes_total", "kubevirt_vmi_network_transmit_bytes_total"),
        of_machines=True,
    ),
    _Query(
        "efficiency",
        f"1 - {_DELAY} / (({_DELAY} + {_RAN}) > 0)",
        of_machines=True,
    ),
    _Query(
        "efficiency",
        f"1 - {_POD} (rate(container_cpu_cfs_throttled_periods_total{_LIMITED}[2m])) / "
        f"({_POD} (rate(container_cpu_cfs_periods_total{_LIMITED}[2m])) > 0)",
        of_machines=False,
    ),
)
"""KubeVirt's own series and the kubelet's: what a guest itself uses of its memory, its traffic, how long its vCPUs waited for a core of
what they wanted; and in how many of their periods containers were throttled."""


class _Series(msgspec.Struct):
    metric: dict[str, str]
    value: tuple[float, str]


class _Vector(msgspec.Struct):
    result: list[_Series] = []


class _Answer(msgspec.Struct):
    data: _Vector = msgspec.field(default_factory=_Vector)


class Prometheus:
    """A Prometheus that scrapes KubeVirt and the kubelets, by its HTTP API."""

    name = "prometheus"

    def __init__(self, url: str) -> None:
        self._url = f"{url.rstrip('/')}/api/v1/query"

    async def samples(self, places: Places, now: datetime) -> AsyncIterator[Sample]:
        async with aiohttp.ClientSession(timeout=ASKED) as session:
            for query in QUERIES:
                for one in await self._ask(session, query):
                    if sample := _of_series(query, one, places, now):
                        yield sample

    async def _ask(self, session: aiohttp.ClientSession, query: _Query) -> list[_Series]:
        try:
            async with session.get(self._url, params={"query": query.text}) as response:
                data = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ApiError("GET", self._url, 0, "NoAnswer", str(error) or type(error).__name__) from error
        if response.status != 200:
            raise ApiError("GET", self._url, response.status, "Error", data[:500].decode(errors="replace"))
        try:
            return msgspec.json.decode(data, type=_Answer).data.result
        except msgspec.DecodeError as error:
            raise ApiError("GET", self._url, 0, "BadAnswer", str(error)) from error


def _of_series(query: _Query, one: _Series, places: Places, now: datetime) -> Sample | None:
    """None for what is of nothing that is known, such as the node where a machine was before."""
    labels, namespace = one.metric, one.metric.get("namespace", "")
    if query.of_machines:
        pod = places.pod_of(namespace, labels.get("name", ""), labels.get("node", ""))
    else:
        pod = f"{namespace}/{labels.get('pod', '')}"
    at, value = one.value
    node = places.node_of(pod)
    return Sample(node, pod, query.quantity, _float(value), now.timestamp() - at) if node else None


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
