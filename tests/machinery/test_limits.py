"""How often something may be done at most."""

from hypothesis import given
from hypothesis import strategies as st

from vireo.reconcile.limits import EVENTS_A_SECOND, EVENTS_AT_ONCE, OBJECTS_AT_MOST, Bucket, EventLimit


@given(st.lists(st.floats(0, 100), max_size=60))
def test_a_bucket_gives_no_more_than_it_has(waits: list[float]) -> None:
    bucket, now, given_at = Bucket(2, 5), 0.0, []
    for wait in waits:
        now += wait
        given_at.append(now + bucket.take(now))
    for first in range(len(given_at)):
        for last in range(first, len(given_at)):
            assert last - first + 1 <= 5 + 2 * (given_at[last] - given_at[first]) + 1e-6


def test_what_goes_to_and_fro_is_told_only_so_often() -> None:
    limit = EventLimit()
    told = [limit.allows("a", second) for second in range(3600)]
    assert all(told[: int(EVENTS_AT_ONCE)])
    assert sum(told) == EVENTS_AT_ONCE + int(3599 * EVENTS_A_SECOND)


def test_one_that_goes_to_and_fro_silences_no_other() -> None:
    limit = EventLimit()
    while limit.allows("a", 0):
        pass
    assert limit.allows("b", 0)


def test_what_was_told_of_is_not_kept_in_mind_for_ever() -> None:
    limit = EventLimit(at_once=1)
    for number in range(OBJECTS_AT_MOST):
        assert limit.allows(str(number), 0)
    assert not limit.allows("0", 0)  # the one that was told of last, now
    assert limit.allows("one more", 0)
    assert not limit.allows("0", 0)
    assert limit.allows("1", 0), "the one of which nothing was heard for the longest time"
