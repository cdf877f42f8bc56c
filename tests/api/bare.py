"""A bare control plane for the tests of the API: etcd and the Kubernetes processes, no node, no Vireo."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping

import pytest

from cloud.settings import Settings

REUSED = "VIREO_TEST_KUBECONFIG"
BARE = {"VIREO_REAL_NODES": "0", "VIREO_NODES": "0", "VIREO_RUN": "none"}


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The kubeconfig of a control plane that lives as long as the tests run.

    VIREO_TEST_KUBECONFIG names one that is there already: the quick loop. It should be a local cloud without Vireo, since
    the CRDs are applied to it.
    """
    if reused := os.environ.get(REUSED):
        yield reused
        return
    environment = {**os.environ, **BARE, "VIREO_CLOUD": str(tmp_path_factory.mktemp("cloud"))}
    try:
        _cloud("up", environment)
        yield str(Settings.from_environment(environment).kubeconfig)
    finally:
        _cloud("down", environment)


def _cloud(command: str, environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cloud", command], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"python -m cloud {command} failed:\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
