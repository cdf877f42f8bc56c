"""Many objects of ours, mixed, each as the real components leave it: made, waited for, and gone again."""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from bench.namespace import Field
from cloud.api import Api, Object
from cloud.simulated import volumes
from cloud.steps import NotYet

WRITERS = 8
LOOK_SECONDS = 10.0
"""To look at 10,000 objects takes the API server half a second, which it then does not bind claims in."""
OWN = "/apis/vireo.dev/v1alpha1/namespaces"


@dataclass(frozen=True)
class Crowd:
    """How many of each: disks with a bound claim, machines that are stopped, and such that run."""

    disks: int
    stopped: int
    running: int

    @classmethod
    def of(cls, objects: int) -> "Crowd":
        """Three in ten are disks; one in ten is a machine that runs."""
        disks, running = objects * 3 // 10, objects // 10
        return cls(disks, objects - disks - running, running)

    @property
    def objects(self) -> int:
        return self.disks + self.stopped + self.running

    @property
    def patience(self) -> float:
        """How many seconds it may take until all are Ready, or gone."""
        return 120 + self.objects / 2

    def manifests(self, place: Field) -> Iterator[Object]:
        for number in range(self.disks):
            yield place.disk(f"disk-{number}", datastore=volumes.AT_ONCE)
        for number in range(self.stopped):
            yield place.machine(f"stopped-{number}", powerState="Stopped")
        for number in range(self.running):
            yield place.machine(f"running-{number}")


@contextmanager
def gathered(place: Field, crowd: Crowd) -> Iterator[None]:
    """The crowd, settled. What is below it goes with the namespace, later."""
    place.api.apply_all(volumes.datastores())
    apply_all(place.api, (volumes.volume(place.namespace, f"disk-{number}") for number in range(crowd.disks)))
    try:
        apply_all(place.api, crowd.manifests(place))
        place.until(f"{crowd.objects} objects to be Ready", lambda: _check_ready(place, crowd), crowd.patience)
        place.settle(user="")
        yield
    finally:
        place.until("the end of the volumes", lambda: _delete_volumes(place), crowd.patience)


def _delete_volumes(place: Field) -> None:
    """On a new connection: the old one has been idle for long. Of many it may take longer than one request may."""
    Api(place.settings).request("DELETE", volumes.volumes_of(place.namespace))


def apply_all(api: Api, manifests: Iterable[Object]) -> None:
    """Begins them in their order, several at once."""
    with ThreadPoolExecutor(WRITERS) as writers:
        for _ in writers.map(api.apply, manifests):
            pass


def _check_ready(place: Field, crowd: Crowd) -> None:
    time.sleep(LOOK_SECONDS)
    kinds = ("virtualdisks", "virtualmachines")
    ready = sum(place.api.column(f"{OWN}/{place.namespace}/{kind}", "Ready").count("True") for kind in kinds)
    if ready < crowd.objects:
        raise NotYet(f"{ready} are")
