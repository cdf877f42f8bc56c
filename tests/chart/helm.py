"""helm as the tests of the chart use it."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cloud.build import binary
from cloud.build.versions import KUBERNETES

CHART = Path(__file__).parents[2] / "charts/vireo"
NAMESPACE = "vireo"

Object = dict[str, Any]


class RefusedError(Exception):
    """helm's words."""


@dataclass(frozen=True)
class Helm:
    """helm with nothing remembered of other clusters."""

    environment: Mapping[str, str]

    def __call__(self, *arguments: str) -> str:
        """What helm prints. Raises RefusedError."""
        command = [str(binary("helm")), *arguments, "--namespace", NAMESPACE]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RefusedError(done.stderr)
        return done.stdout

    def rendered(self, *options: str) -> list[Object]:
        """The manifests of the chart, without the CRDs."""
        fixed = ("--kube-version", KUBERNETES, "--set", "crds.install=false")
        shown = self("template", "vireo", str(CHART), *fixed, *options)
        return [one for one in yaml.safe_load_all(shown) if one]

    def install(self, *options: str) -> None:
        """Installs the chart, or upgrades what is installed, taking over CRDs that are there."""
        self("upgrade", "--install", "--take-ownership", "vireo", str(CHART), *options)
