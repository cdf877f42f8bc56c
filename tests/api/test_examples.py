"""What stands in examples/ is what the API server takes, with not a word of warning."""

from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from api.server import Server

from vireo.api.resources import SECRET, Resource
from vireo.kinds import KINDS

pytestmark = pytest.mark.api

EXAMPLES: Final = sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))
KNOWN: Final = {(one.api_version, one.kind): one for one in (SECRET, *(kind.resource for kind in KINDS))}


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_the_api_server_takes_it_without_a_warning(server: Server, namespace: str, file: Path) -> None:
    for raw in yaml.safe_load_all(file.read_text()):
        answer = server.ask("POST", _resource(raw).path(namespace), raw, dryRun="All")
        assert (answer.code, answer.warnings) == (201, ()), answer


def _resource(raw: Any) -> Resource:
    return KNOWN[raw["apiVersion"], raw["kind"]]
