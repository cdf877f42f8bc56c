"""Overrides are merged as they were written: what the schema lets in never becomes what it refuses."""

from collections.abc import Iterator

import pytest

from vireo.api.schema import OpenModel, Refused
from vireo.kinds import KINDS

assert KINDS, "the kinds' types are known only when they were imported"


def open_models(model: type[OpenModel] = OpenModel) -> Iterator[type[OpenModel]]:
    for below in model.__subclasses__():
        yield below
        yield from open_models(below)


REFUSED = [
    pytest.param(model, field, id=f"{model.__name__}.{field}")
    for model in open_models()
    for field, info in model.model_fields.items()
    if any(isinstance(one, Refused) for one in info.metadata)
]


@pytest.mark.parametrize(("model", "field"), REFUSED)
def test_a_refused_field_does_not_come_in_by_its_name_in_python(model: type[OpenModel], field: str) -> None:
    said = {"name": "main", field: ["x"], "other": {"a_b": 1}}
    assert model.model_validate(said).wire() == said
