"""Least privilege, by what the API server itself logged of all other tests of the tier: what Vireo's accounts asked for they may, and what
they may they asked for.

The scheduler also has the cluster's own roles for schedulers, which are upstream's and not looked at.
"""

from collections.abc import Mapping

import pytest

from cloud.rights import Seen, of_cloud
from cloud.settings import Settings

pytestmark = [pytest.mark.cloud, pytest.mark.last]

NEEDED: Mapping[str, str] = {}
"""Rights that no test of the tier uses, each with when it is needed."""


@pytest.fixture(scope="module")
def rights(settings: Settings) -> tuple[frozenset[str], Seen]:
    """The granted ones, in words, and what was seen."""
    if settings.audit != "reads":
        pytest.skip("the audit log of this cloud says no reads: VIREO_AUDIT=reads make up")
    given, seen = of_cloud(settings)
    return frozenset(map(str, given)), seen


def test_nothing_that_vireo_asks_for_is_refused(rights: tuple[frozenset[str], Seen]) -> None:
    assert sorted(map(str, rights[1].refused)) == []


def test_every_right_was_used_but_for_those_that_say_when_they_are_needed(rights: tuple[frozenset[str], Seen]) -> None:
    given, seen = rights
    assert sorted(given - set(map(str, seen.used)) - NEEDED.keys()) == []


def test_what_says_when_it_is_needed_is_granted(rights: tuple[frozenset[str], Seen]) -> None:
    assert sorted(NEEDED.keys() - rights[0]) == []
