"""Every case of every kind: an object and its surroundings in, what Vireo wants and says of it out.

A case is a folder tests/kinds/KIND/cases/SENTENCE with three files, or four:

given.yaml     object:    the object itself, as the API server holds it (uid and generation may be left out)
               children:  what is ours below it
               uses:      the objects that its spec names, those that exist
               users:     Vireo's objects that name it
               around:    what the kind looks around at: nodes, namespaces
               warnings:  the newest Warning event of an object, `Reason: note` by its name
               outcomes:  steps that did not succeed: {create | apply | delete | call: WHICH, finding: {reason, message}}
               learned:   the Calibrations that there are
               scheduler: the scheduler that new pods are to name; left out where there is none but the cluster's own
               now:       the time, NOON if left out
children.yaml  the Desired: children, delete, calls, finalizer, wakeAt, waiting; what is empty is left out
status.yaml    the status; a condition's times and generation are left out where they are now and the object's own
acts.yaml      the acts that have ended by that status, with what is learned of each; left out where there are none

A child is `{manifest: ..., owned: false}`, `owned` left out where it is true; an object is named as in `Pod shop/web-1`.
What Vireo says now, in the form of the last files: .venv/bin/python tests/kinds/test_cases.py FOLDER
"""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from vireo.api.conditions import Finding
from vireo.api.decode import decode, decode_own
from vireo.api.kind import Kind
from vireo.api.learning import Learned
from vireo.api.names import GROUP
from vireo.api.objects import Child, Live
from vireo.api.reasons import Reason
from vireo.api.reconcile import Apply, Call, Create, Delete, Desired, Observed, Outcome, Step
from vireo.api.resources import SECRET, VIRTUAL_DISK, Resource
from vireo.kinds import KINDS
from vireo.kinds.calibration.book import samples
from vireo.kinds.calibration.types import CalibrationStatus
from vireo.kinds.virtualdisk.types import Holder

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("*/cases/*/given.yaml"))
NOON = "2026-01-01T12:00:00Z"
REASONS = {reason.value: reason for reason in Reason}

AnyKind = Kind[Any, Any]
Raw = dict[str, Any]


class Text(yaml.CSafeLoader):
    """YAML as JSON has it: a time stays text."""


Text.yaml_implicit_resolvers = {
    first: [one for one in found if one[0] != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


class MetadataOnly(msgspec.Struct):
    """The view of what is asked for and not watched."""


@dataclass(frozen=True)
class Case:
    """A case as it was read: what the kind's functions get."""

    kind: AnyKind
    observed: Observed[Any, Any]
    desired: Desired
    outcomes: tuple[Outcome, ...]

    def status(self) -> Any:
        return self.kind.status_of(self.observed, self.desired, self.outcomes)


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: f"{folder.parent.parent.name}: {folder.name}")
def test_case(folder: Path) -> None:
    case = read_case(folder)
    assert desired_form(case) == load(folder / "children.yaml")
    assert status_form(case) == load(folder / "status.yaml")
    assert acts_form(case) == (load(folder / "acts.yaml") if (folder / "acts.yaml").exists() else {})


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: f"{folder.parent.parent.name}: {folder.name}")
def test_equal_input_gives_equal_output(folder: Path) -> None:
    case = read_case(folder)
    assert case.kind.desired(case.observed) == case.desired, "desired() is not a function of what was observed"
    status = _said_next(case, case.status())  # what is told before it is done takes two
    assert _said_next(case, status) == status, "the status does not settle"
    settled = replace(case.observed, status=status)
    assert case.kind.ended(status, _said_next(case, status), settled) == (), "an act ends twice"


def _said_next(case: Case, status: Any) -> Any:
    later = replace(case.observed, status=status, now=case.observed.now + timedelta(seconds=1))
    return case.kind.status_of(later, case.desired, case.outcomes)


def load(path: Path) -> Any:
    return yaml.load(path.read_text(), Text) or {}


def read_case(folder: Path) -> Case:
    """The case in that folder. Fails where it describes what can not be: a child that is not one, a stranger in `uses`."""
    given = load(folder / "given.yaml")
    kind = kind_of(given["object"])
    observed = _observed(kind, given)
    desired = kind.desired(observed)
    outcomes = tuple(_outcome(one, observed, desired) for one in given.get("outcomes", ()))
    return Case(kind, observed, desired, outcomes)


def with_holder(case: Case, holder: Holder | None) -> Case:
    """The same, had every disk this holder."""
    uses = {
        key: replace(live, view=replace(live.view, status=live.view.status.model_copy(update={"held_by": holder})))
        if live and key.resource == VIRTUAL_DISK
        else live
        for key, live in case.observed.uses.items()
    }
    observed = replace(case.observed, uses=uses)
    return replace(case, observed=observed, desired=case.kind.desired(observed))


def kind_of(raw: Raw) -> AnyKind:
    for kind in KINDS:
        if (kind.resource.api_version, kind.resource.kind) == (raw["apiVersion"], raw["kind"]):
            return kind
    raise AssertionError(f"{raw['kind']} of {raw['apiVersion']} is not in KINDS")


def _observed(kind: AnyKind, given: Raw) -> Observed[Any, Any]:
    self = live(kind, given["object"])
    used = {one.key: one for one in (live(kind, raw) for raw in given.get("uses", ()))}
    named = kind.uses(self.meta, self.view.spec, self.view.status)
    assert used.keys() <= named, f"not named by the spec: {', '.join(str(key) for key in used.keys() - named)}"
    observed: Observed[Any, Any] = Observed(
        key=self.key,
        meta=self.meta,
        spec=self.view.spec,
        status=self.view.status,
        now=datetime.fromisoformat(given.get("now", NOON)),
        learned=learned(given.get("learned", ())),
        children=tuple(_child(kind, self, raw) for raw in given.get("children", ())),
        uses={key: used.get(key) for key in sorted(named)},
        around=_around(kind, given.get("around", ())),
        users=tuple(sorted((_user(self, raw) for raw in given.get("users", ())), key=lambda one: one.key)),
        scheduler=given.get("scheduler", ""),
    )
    puzzles = {str(key): key for key in kind.puzzles(observed)}
    warnings = given.get("warnings", {})
    assert warnings.keys() <= puzzles.keys(), (
        f"{kind.name} does not ask for warnings about {warnings.keys() - puzzles.keys()}"
    )
    return replace(observed, warnings={puzzles[name]: text for name, text in warnings.items()})


def _around(kind: AnyKind, raws: Iterable[Raw]) -> dict[Resource, tuple[Live[Any], ...]]:
    found = sorted((live(kind, raw) for raw in raws), key=lambda one: one.key)
    strange = {one.resource for one in found} - kind.around
    assert not strange, f"{kind.name} does not look around at {', '.join(map(str, strange))}"
    return {resource: tuple(one for one in found if one.resource == resource) for resource in kind.around}


def learned(calibrations: Iterable[Raw]) -> Learned:
    """As the operator looks it up."""
    books = {one.meta.name: one.view.status for one in (decode_own(kind_of(raw), _json(raw)) for raw in calibrations)}
    return lambda topic: samples(books.get(topic.subject.key.name, CalibrationStatus()), topic.phase)


def _json(raw: Raw) -> bytes:
    """An object as the API server sends it."""
    metadata = {"uid": f"uid-of-{raw['metadata']['name']}", "generation": 1, **raw["metadata"]}
    return json.dumps({**raw, "metadata": metadata}).encode()


def live(kind: AnyKind, raw: Raw) -> Live[Any]:
    """The object as kube/ hands it to that kind."""
    if raw["apiVersion"].startswith(f"{GROUP}/"):
        return decode_own(kind_of(raw), _json(raw))
    resource, view = _watched(kind, raw)
    return decode(resource, view, _json(raw))


def _watched(kind: AnyKind, raw: Raw) -> tuple[Resource, type[msgspec.Struct]]:
    read = [(watch.resource, watch.view) for watch in kind.watches] + [(SECRET, MetadataOnly)]
    for resource, view in read:
        if (resource.api_version, resource.kind) == (raw["apiVersion"], raw["kind"]):
            return resource, view
    raise AssertionError(f"{kind.name} does not watch {raw['kind']} of {raw['apiVersion']}")


def _child(kind: AnyKind, parent: Live[Any], raw: Raw) -> Live[Any]:
    child = live(kind, raw)
    owners = {watch.owner(child) for watch in kind.watches if watch.resource == child.resource and watch.owner}
    assert parent.key in owners, f"{child.key} is no child of {parent.key}: by its Watch it belongs to {owners}"
    return child


def _user(used: Live[Any], raw: Raw) -> Live[Any]:
    kind = kind_of(raw)
    user = live(kind, raw)
    assert used.key in kind.uses(user.meta, user.view.spec, user.view.status), f"{user.key} does not name {used.key}"
    return user


def _outcome(raw: Raw, observed: Observed[Any, Any], desired: Desired) -> Outcome:
    finding = Finding(REASONS[raw["finding"]["reason"]], raw["finding"]["message"])
    return Outcome(_step(raw, observed, desired), finding, raw.get("retry", False))


def _step(raw: Raw, observed: Observed[Any, Any], desired: Desired) -> Step:
    children = {str(child.key): child for child in desired.children}
    lives = {str(one.key): one for one in (*observed.children, *desired.delete)}
    match raw:
        case {"create": name}:
            return Create(children[name])
        case {"apply": name}:
            return Apply(children[name], lives[name])
        case {"delete": name}:
            return Delete(lives[name])
        case {"call": name}:
            return next(call for call in desired.calls if call.name == name)
    raise AssertionError(f"an outcome names one of create, apply, delete, call: {raw}")


def desired_form(case: Case) -> Raw:
    """The Desired in the form of children.yaml."""
    desired = case.desired
    return filled(
        children=[_child_form(child) for child in desired.children],
        delete=[str(one.key) for one in desired.delete],
        calls=[_call_form(call) for call in desired.calls],
        finalizer=desired.finalizer,
        wakeAt=desired.wake_at and _text(desired.wake_at),
        waiting=desired.waiting and {"reason": desired.waiting.reason.value, "message": desired.waiting.message},
    )


def _child_form(child: Child) -> Raw:
    manifest = json.loads(json.dumps(child.manifest))
    assert manifest == child.manifest, f"{child.key}: a manifest is plain JSON values"
    return {"manifest": manifest, **({} if child.owned else {"owned": False})}


def _call_form(call: Call) -> Raw:
    return filled(
        name=call.name,
        target=str(call.target),
        subresource=call.subresource,
        uid=call.uid,
        patch=call.patch,
        body=dict(call.body),
        doneWhen=list(call.done_when),
    )


def status_form(case: Case) -> Raw:
    """The status in the form of status.yaml."""
    status: Raw = case.status().wire()
    usual = {"lastTransitionTime": _text(case.observed.now), "observedGeneration": case.observed.meta.generation}
    if "conditions" in status:
        status["conditions"] = [
            {name: value for name, value in one.items() if usual.get(name) != value} for one in status["conditions"]
        ]
    if status.get("observedGeneration") == case.observed.meta.generation:
        del status["observedGeneration"]
    return status


def acts_form(case: Case) -> Raw:
    """The acts that have ended, in the form of acts.yaml."""
    acts = case.kind.ended(case.observed.status, case.status(), case.observed)
    return {
        act.name: {
            f"{one.topic.phase} of {' '.join(filter(None, (one.topic.subject.kind, one.topic.subject.name)))}": one.sample.wire()
            for one in act.observations
        }
        for act in acts
    }


def filled(**fields: Any) -> Raw:
    return {name: value for name, value in fields.items() if value}


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def show(folder: Path) -> None:
    """Prints what Vireo says now of the case in that folder."""
    case = read_case(folder)
    forms = {"children.yaml": desired_form(case), "status.yaml": status_form(case), "acts.yaml": acts_form(case)}
    for name, form in forms.items():
        print(f"# {name}\n{yaml.safe_dump(form, sort_keys=False, width=120)}")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        show(Path(argument))
