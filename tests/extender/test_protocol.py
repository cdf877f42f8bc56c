"""What a scheduler sends is read; what is no such thing is said in words; the answer is JSON."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vireo.extender.protocol import BadArgsError, Fragments, read
from vireo.formulas.balance import Amounts, Load
from vireo.load.pods import requested, sensitivity
from vireo.load.table import Table

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
QUANTITIES = st.sampled_from(["0", "100m", "1", "2500m", "1Mi", "1e3", "500M"])
REQUESTS = st.none() | st.dictionaries(st.sampled_from(["cpu", "memory", "devices.kubevirt.io/tun"]), QUANTITIES)
CONTAINERS = st.lists(
    st.fixed_dictionaries(
        {"name": st.text(), "resources": st.fixed_dictionaries({}, optional={"requests": REQUESTS, "limits": JSON})},
        optional={"restartPolicy": st.sampled_from(["Always"]), "command": JSON},
    ),
    max_size=4,
)
TEXTS = st.dictionaries(st.text(), st.text(), max_size=3)
PODS = st.fixed_dictionaries(
    {
        "metadata": st.fixed_dictionaries(
            {"name": st.text(), "namespace": st.text()},
            optional={"uid": st.text(), "labels": TEXTS, "annotations": TEXTS, "generateName": JSON},
        ),
        "spec": st.fixed_dictionaries(
            {"containers": CONTAINERS},
            optional={
                "initContainers": CONTAINERS,
                "overhead": REQUESTS,
                "resources": st.none() | st.fixed_dictionaries({"requests": REQUESTS}),
                "volumes": JSON,
            },
        ),
        "status": JSON,
    }
)
NAMES = st.lists(st.text(max_size=253), max_size=8)


@given(PODS, st.none() | NAMES)
def test_all_that_a_scheduler_sends_is_read(sent: dict[str, Any], names: list[str] | None) -> None:
    found = read(json.dumps({"Pod": sent, "Nodes": None, "NodeNames": names}).encode())
    assert list(found.names) == (names or [])
    assert found.pod.key == f"{sent['metadata']['namespace']}/{sent['metadata']['name']}"
    assert all(math.isfinite(one) and one >= 0 for one in requested(found.pod))
    assert sensitivity(found.pod) > 0


@given(st.binary() | JSON.map(lambda one: json.dumps(one).encode()))
def test_rubbish_is_one_error(body: bytes) -> None:
    with pytest.raises(BadArgsError, match="ExtenderArgs"):
        read(body)


@given(st.fixed_dictionaries({}, optional={"Pod": JSON | PODS, "Nodes": JSON, "NodeNames": JSON | NAMES}), JSON)
def test_what_is_half_rubbish_is_read_or_is_that_error(sent: dict[str, Any], requests: Any) -> None:
    pods = [sent, {"Pod": {"spec": {"containers": [{"resources": {"requests": {"cpu": requests}}}]}}}]
    for one in pods:
        try:
            found = read(json.dumps(one).encode())
            amounts = requested(found.pod)
        except BadArgsError:
            continue
        assert all(math.isfinite(amount) and amount >= 0 for amount in amounts)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "truncated"),
        (b"{}", "`Pod`"),
        (b'{"Pod":null}', r"\$\.Pod"),
        (b'{"Pod":{"spec":{"containers":[{"resources":{"requests":{"cpu":[]}}}]}}}', "cpu|requests"),
        (b'{"Pod":{"metadata":{"name":"p"}},"NodeNames":[1]}', r"\$\.NodeNames\[0\]"),
        (b'{"Pod":{"metadata":{"name":"p"}},"NodeNames":["' + b"x" * 254 + b'"]}', "253"),
        (b'{"Pod":{"metadata":{"name":"p"}},"Nodes":{"items":[]},"NodeNames":null}', "nodeCacheCapable"),
        (b'{"Pod":{"metadata":{"name":"p"}},"NodeNames":[' + b",".join([b'""'] * 65_537) + b"]}", "65536"),
        (b'{"Pod":{"status":' + b"[" * 100_000, "ExtenderArgs"),
        (b'{"Pod":{"metadata":{"name":"\xff"}}}', "ExtenderArgs"),
    ],
)
def test_it_is_said_what_is_wrong(body: bytes, said: str) -> None:
    with pytest.raises(BadArgsError, match=said):
        read(body)


HOSTS = st.sampled_from([f"n{number}" for number in range(12)])


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("asked"), st.lists(HOSTS, unique=True)),
            st.tuples(st.sampled_from(["comes", "goes"]), HOSTS),
        )
    )
)
def test_an_answer_says_each_score_whatever_came_and_went_before(acts: list[tuple[str, Any]]) -> None:
    table, fragments = Table(), Fragments()
    for number, (act, what) in enumerate(acts):
        if act == "comes":
            table.put_node(what, Amounts(4 + number, 2**34))
        elif act == "goes":
            table.drop_node(what)
        else:
            found = table.rank(Load(Amounts(1, 2**30)), what, now=0.0)
            wanted = [{"Host": name, "Score": score} for name, score in zip(what, found.scores.tolist(), strict=True)]
            assert json.loads(fragments.answer(what, found)) == wanted
