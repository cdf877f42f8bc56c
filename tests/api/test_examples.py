"""What stands in examples/ and on the page of each kind is what the API server takes, with not a word of warning."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from api.server import Server

from vireo.api.names import API_VERSION
from vireo.api.resources import SECRET, Resource
from vireo.kinds import KINDS

pytestmark = pytest.mark.api

PROJECT: Final = Path(__file__).parents[2]
EXAMPLES: Final = sorted((PROJECT / "examples").rglob("*.yaml"))
PAGES: Final = sorted((PROJECT / "docs").glob("*.md"))
WHOLE: Final = re.compile(rf"^```yaml\n(apiVersion: {API_VERSION}\n.*?)^```", re.MULTILINE | re.DOTALL)
"""An object on a page; parts of one stand there too."""
KNOWN: Final = {(one.api_version, one.kind): one for one in (SECRET, *(kind.resource for kind in KINDS))}
MADE_BY_VIREO: Final = {"Platform"}


def _on_pages() -> Iterator[Any]:
    for page in PAGES:
        for number, found in enumerate(WHOLE.findall(page.read_text())):
            yield pytest.param(found, id=f"{page.stem}-{number}")


@pytest.mark.parametrize(
    "text", [pytest.param(file.read_text(), id=file.stem) for file in EXAMPLES] + list(_on_pages())
)
def test_the_api_server_takes_it_without_a_warning(server: Server, namespace: str, text: str) -> None:
    for raw in yaml.safe_load_all(text):
        raw["metadata"].pop("namespace", None)  # the page's; here it is the tests'
        answer = server.ask("POST", _resource(raw).path(namespace), raw, dryRun="All")
        assert (answer.code, answer.warnings) == (201, ()), answer


def test_each_kind_that_a_user_writes_has_its_page_with_an_example() -> None:
    shown = {yaml.safe_load(text)["kind"] for page in PAGES for text in WHOLE.findall(page.read_text())}
    assert {kind.name for kind in KINDS} - MADE_BY_VIREO <= shown


def _resource(raw: Any) -> Resource:
    return KNOWN[raw["apiVersion"], raw["kind"]]
