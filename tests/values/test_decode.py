"""From bytes to what decisions see."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from reconcile.toy import CONFIG_MAP, KIND, TOY, ConfigMapView, ToySpec, ToyStatus

from vireo.api.decode import decode, decode_own

OWNER = {"apiVersion": TOY.api_version, "kind": "Toy", "name": "a", "uid": "u-1", "controller": True}
META = {"name": "x", "namespace": "shop", "uid": "u", "resourceVersion": "7"}


def raw(**body: Any) -> bytes:
    return json.dumps(body).encode()


def test_of_an_object_only_the_declared_fields_are_kept() -> None:
    live = decode(CONFIG_MAP, ConfigMapView, raw(metadata=META, data={"a": "b"}, binaryData={"c": "ZA=="}))
    assert live.view == ConfigMapView(data={"a": "b"})
    assert str(live.key) == "ConfigMap shop/x"


def test_metadata_is_read_as_decisions_need_it() -> None:
    times = {"creationTimestamp": "2026-01-01T12:00:00Z", "deletionTimestamp": "2026-01-01T13:00:00Z"}
    ours = {"manager": "vireo", "operation": "Apply"}
    meta = decode(
        CONFIG_MAP, ConfigMapView, raw(metadata={**META, **times, "ownerReferences": [OWNER], "managedFields": [ours]})
    ).meta
    assert meta.creation_timestamp == datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert meta.deletion_timestamp == datetime(2026, 1, 1, 13, tzinfo=UTC)
    assert meta.controlled_by("u-1")
    assert not meta.controlled_by("u-2")
    assert meta.applied


@pytest.mark.parametrize(
    "entry",
    [
        {"manager": "vireo", "operation": "Update"},
        {"manager": "kubectl", "operation": "Apply"},
        {"manager": "vireo", "operation": "Apply", "subresource": "status"},
    ],
)
def test_what_others_applied_or_we_only_created_is_not_applied(entry: dict[str, str]) -> None:
    meta = decode(CONFIG_MAP, ConfigMapView, raw(metadata={**META, "managedFields": [entry]})).meta
    assert not meta.applied


def test_an_object_that_does_not_fit_its_view_is_refused_with_the_path() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\.data"):
        decode(CONFIG_MAP, ConfigMapView, raw(metadata=META, data=["no", "map"]))


def test_our_own_objects_have_their_types() -> None:
    live = decode_own(KIND, raw(metadata=META, spec={"text": "hello"}, status={"observedGeneration": 3}))
    assert live.view.spec == ToySpec(text="hello")
    assert live.view.status == ToyStatus(observed_generation=3)
    assert not live.view.invalid


def test_an_object_without_status_has_an_empty_one() -> None:
    assert decode_own(KIND, raw(metadata=META, spec={})).view.status == ToyStatus()


def test_a_spec_of_another_version_is_said_to_be_invalid() -> None:
    live = decode_own(KIND, raw(metadata=META, spec={"text": {"no": "text"}, "orderly": "perhaps"}))
    assert live.view.spec is None
    assert live.view.invalid.startswith("spec.orderly: ")
    assert "; spec.text: " in live.view.invalid


def test_a_status_of_another_version_counts_as_none() -> None:
    live = decode_own(KIND, raw(metadata=META, spec={"text": "hello"}, status={"conditions": "none"}))
    assert live.view.spec == ToySpec(text="hello")
    assert live.view.status == ToyStatus()
