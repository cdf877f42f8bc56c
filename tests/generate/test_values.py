"""The chart's values: each is described, in the schema and where people read them by the same words."""

from generate.__main__ import PROJECT
from generate.manifests import CHART
from generate.values import files, values


def test_every_value_is_described_and_has_a_line_in_the_page() -> None:
    (page,) = files(PROJECT).values()
    for one in values(PROJECT):
        assert one.description, one.path
        assert one.path == "global" or f"| `{one.path}` |" in page
    assert "| `scheduler.extender.timeout` | `200ms` |" in page


def test_what_is_said_beside_a_value_is_its_description() -> None:
    lines = (PROJECT / CHART / "values.yaml").read_text().splitlines()
    said = [line.strip().removeprefix("# ") for line in lines if line.strip().startswith("#")]
    assert said == [one.description for one in values(PROJECT) if one.default is not None and not _amounts(one.path)]


def _amounts(path: str) -> bool:
    """Of what is kept and what may be used at most the word above them says all."""
    return path.endswith((".requests", ".limits"))
