"""What the last `make up` of the cloud in force took: a figure a step, with the peak memory of the whole cloud."""

import json

from bench.figure import show
from cloud.settings import Settings


def main(settings: Settings) -> None:
    """Prints a figure a step, and one of them all."""
    records = json.loads(settings.steps_file.read_text())
    sizes = {"real_nodes": settings.real_nodes, "simulated_nodes": settings.simulated_nodes}
    for record in records:
        show(f"up: {record['name']}", record["seconds"], "seconds", {"peak_bytes": record["peak_bytes"], **sizes})
    end = max(record["started"] + record["seconds"] for record in records)
    peak = max((record["peak_bytes"] or 0 for record in records), default=0)
    show("up", end, "seconds", {"peak_bytes": peak, **sizes})
