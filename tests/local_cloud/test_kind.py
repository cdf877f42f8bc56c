"""hack/kind, for those who have an engine: kind itself takes the configuration, and the script asks for what it needs before it begins.

There is no engine here: one is played that knows of no container, up to where kind begins to create.
"""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from cloud import kubevirt
from cloud.build import binary, ensure
from cloud.settings import CHECKOUT
from cloud.steps import Steps

FOLDER = CHECKOUT / "hack/kind"
CONFIG = FOLDER / "cluster.yaml"
ENGINE = """#!/bin/sh
[ "$1" != info ] || echo '{"CgroupDriver": "systemd", "CgroupVersion": "2", "MemoryLimit": true, "PidsLimit": true, "CPUShares": true}'
[ "$1" != run ] && [ "$1" != pull ] || exit 1
"""
TOLD = {
    "KUBEVIRT_MANIFEST": "kubevirt-operator.yaml",
    "CDI_MANIFEST": "cdi-operator.yaml",
    "VIREO_IMAGE": "registry.example:5000/vireo:1",
    "SCHEDULER_REPOSITORY": "registry.example:5000/kube-scheduler",
}


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder of programs that do nothing but note that they were called, and kind says that the cluster is there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("kind", "kubectl", "helm"):
        says = "echo vireo" if name == "kind" else 'case "$*" in *"--filename -"*) cat;; esac'
        _program(folder / name, f'#!/bin/sh\necho "{name} $*" >> {tmp_path}/calls\n{says}\n')
    return folder


def test_kind_takes_the_configuration(tmp_path: Path) -> None:
    assert 'Creating cluster "vireo"' in created(CONFIG, tmp_path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"nodes": [{"role": "worker", "mounts": []}]}, "unknown field|not found"),
        ({"nodes": [{"role": "worker"}]}, "must have at least one control-plane"),
    ],
)
def test_kind_would_not_take_another(change: Mapping[str, object], words: str, tmp_path: Path) -> None:
    """So that it is known to look."""
    file = tmp_path / "cluster.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(CONFIG.read_text()), **change}))
    said = created(file, tmp_path)
    assert re.search(words, said), said
    assert "Creating cluster" not in said


def created(config: Path, folder: Path) -> str:
    """What kind says, which gets no further than to the engine."""
    ensure(["kind"], Steps())
    _program(folder / "docker", ENGINE)
    environment = {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "HOME": str(folder),
        "KIND_EXPERIMENTAL_PROVIDER": "docker",
    }
    command = [str(binary("kind")), "create", "cluster", "--name=vireo", f"--config={config}", "--retain"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode, "there is no engine"
    return done.stderr


def test_it_installs_all_by_what_it_is_told(programs: Path, tmp_path: Path) -> None:
    done = up(programs, TOLD)
    assert done.returncode == 0, done.stderr
    calls = (tmp_path / "calls").read_text().splitlines()
    assert [line for line in calls if line.startswith("kind create")] == [], "it is there already"
    (helm,) = (line for line in calls if line.startswith("helm "))
    assert "image.repository=registry.example:5000/vireo,image.tag=1," in helm
    assert "scheduler.image.repository=registry.example:5000/kube-scheduler" in helm


def test_its_kubevirt_can_what_the_local_clouds_can() -> None:
    machines, disks = yaml.safe_load_all((FOLDER / "kubevirt.yaml").read_text())
    asked = machines["spec"]["configuration"]
    assert asked["developerConfiguration"]["featureGates"] == list(kubevirt.FEATURE_GATES)
    assert asked["vmRolloutStrategy"] == kubevirt.kubevirt()["spec"]["configuration"]["vmRolloutStrategy"]
    assert disks["kind"] == "CDI"


@pytest.mark.parametrize("missing", TOLD)
def test_it_names_the_variable_that_is_not_set_and_does_nothing(missing: str, programs: Path, tmp_path: Path) -> None:
    done = up(programs, {name: value for name, value in TOLD.items() if name != missing})
    assert (done.returncode, done.stderr.count(f"{missing} is not set")) == (2, 1)
    assert not (tmp_path / "calls").exists()


def test_an_image_without_a_tag_is_refused(programs: Path) -> None:
    done = up(programs, {**TOLD, "VIREO_IMAGE": "registry.example:5000/vireo"})
    assert (done.returncode, "it needs a tag" in done.stderr) == (2, True)


def up(programs: Path, told: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": f"{programs}:/usr/bin:/bin", **told}
    return subprocess.run(
        [str(FOLDER / "up")], env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def _program(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o755)
