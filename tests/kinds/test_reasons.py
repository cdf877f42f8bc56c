"""Every reason is reached: by a case of a kind, or, where the machinery gives it, by a test of the machinery."""

from pathlib import Path
from typing import Final

from kinds.test_cases import CASES, read_case

from vireo.api.reasons import Reason

TESTS: Final = Path(__file__).parents[1]
OF_THE_MACHINERY: Final = {
    Reason.AS_SPECIFIED: "reconcile/toy.py",
    Reason.BAD_SPEC: "reconcile/test_toy.py",
}


def test_every_reason_is_reached() -> None:
    said = {one.reason for folder in CASES for one in read_case(folder).status().conditions}
    assert {reason for reason in Reason if reason not in said} == set(OF_THE_MACHINERY)


def test_what_the_machinery_gives_has_a_test_that_names_it() -> None:
    for reason, file in OF_THE_MACHINERY.items():
        text = (TESTS / file).read_text()
        assert reason.value in text or f"Reason.{reason.name}" in text, f"{file} does not name {reason.value}"
