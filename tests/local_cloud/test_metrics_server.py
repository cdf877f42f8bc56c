"""metrics-server as it is installed: a pod on real nodes, or a process behind a pod on simulated ones."""

import base64
from pathlib import Path
from typing import Any

import pytest

from cloud.build.images import OciImage
from cloud.build.targets import BINARIES, TARGETS
from cloud.metrics.deploy import NAME, PORT, arguments, as_simulated, manifests
from cloud.pki import Pair
from cloud.simulated.labels import SIMULATED, TOLERATION

Object = dict[str, Any]


@pytest.fixture
def objects(tmp_path: Path) -> list[Object]:
    files = [tmp_path / name for name in ("certificate", "key", "authority")]
    for file in files:
        file.write_text(file.name)
    return manifests(Pair(*files[:2]), files[2])


def pod(objects: list[Object]) -> Object:
    [deployment] = [one for one in objects if one["kind"] == "Deployment"]
    found: Object = deployment["spec"]["template"]["spec"]
    return found


def test_what_it_runs_can_be_built(objects: list[Object]) -> None:
    image = TARGETS[NAME]
    assert isinstance(image, OciImage)
    assert BINARIES[NAME] in image.inputs
    assert [container["image"] for container in pod(objects)["containers"]] == [f"registry.local/{NAME}:{image.tag}"]


def test_its_api_is_made_last_and_nothing_is_taken_on_trust(objects: list[Object]) -> None:
    api = objects[-1]
    assert api["kind"] == "APIService"
    assert base64.b64decode(api["spec"]["caBundle"]) == b"authority"
    assert "insecure" not in " ".join([*api["spec"], *arguments(objects)])


def test_beside_real_nodes_it_never_lands_on_simulated_ones(objects: list[Object]) -> None:
    assert TOLERATION not in pod(objects)["tolerations"]
    assert "hostNetwork" not in pod(objects)


def test_without_real_nodes_its_pod_has_the_address_at_which_the_process_listens(objects: list[Object]) -> None:
    there = pod([as_simulated(one) for one in objects])
    assert (there["hostNetwork"], there["nodeSelector"]) == (True, {SIMULATED: "true"})
    assert TOLERATION in there["tolerations"]
    assert f"--secure-port={PORT}" in arguments(objects)
