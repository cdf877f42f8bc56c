"""A kubelet's page /metrics/resource, in its own words and the format of Prometheus. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from cloud.simulated.player.usage import Container, Figures

CONTENT_TYPE: Final = "text/plain"
CPU: Final = "Cumulative cpu time consumed by the {} in core-seconds"
MEMORY: Final = "Current working set of the {} in bytes"
START: Final = "Start time of the container since unix epoch in seconds"
ERRORS: Final = "1 if there was an error while getting container metrics, 0 otherwise"

Measured: TypeAlias = Iterable[tuple[str, Figures]]
"""Labels as the page has them, and the figures of what they name."""


def page(node: Figures, containers: Mapping[Container, Figures], now: float) -> str:
    """All that is measured on a node now (seconds since 1970)."""
    at = f" {now * 1000:.0f}"
    each = [(_labels(one, container=one.name), found) for one, found in containers.items()]
    started = [f"{labels} {one.started:.3f}" for (labels, _), one in zip(each, containers, strict=True)]
    return "".join(
        (
            *_usage("container", each, at),
            _family("container_start_time_seconds", START, started),
            *_usage("node", [("", node)], at),
            *_usage("pod", _of_pods(containers), at),
            _family("resource_scrape_error", ERRORS, [" 0"]),
        )
    )


def _usage(of: str, measured: Measured, at: str) -> tuple[str, str]:
    return (
        _family(
            f"{of}_cpu_usage_seconds_total",
            CPU.format(of),
            (f"{labels} {found.cpu_seconds:.6f}{at}" for labels, found in measured),
        ),
        _family(
            f"{of}_memory_working_set_bytes",
            MEMORY.format(of),
            (f"{labels} {found.memory}{at}" for labels, found in measured),
        ),
    )


def _of_pods(containers: Mapping[Container, Figures]) -> Measured:
    found: dict[str, Figures] = {}
    for one, figures in containers.items():
        labels = _labels(one)
        before = found.get(labels, Figures(0.0, 0))
        found[labels] = Figures(before.cpu_seconds + figures.cpu_seconds, before.memory + figures.memory)
    return found.items()


def _labels(of: Container, **more: str) -> str:
    labels = {**more, "namespace": of.namespace, "pod": of.pod}
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}"


def _family(name: str, words: str, series: Iterable[str]) -> str:
    """One kind of figure; nothing where there is none of it."""
    lines = [f"{name}{one}\n" for one in series]
    kind = "counter" if name.endswith("_total") else "gauge"
    return f"# HELP {name} [STABLE] {words}\n# TYPE {name} {kind}\n{''.join(lines)}" if lines else ""
