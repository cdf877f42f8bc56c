"""What is expected, from the samples that were seen."""

import math
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vireo.api.learning import Estimate, Sample
from vireo.formulas.estimates import Rate, fit, middle, move, together, usual
from vireo.formulas.migration import copy_seconds

SECONDS = st.floats(0, 1000)
DEFAULT = Rate(1.0, 8.0)


def samples(*seconds: float, size: float = 0) -> list[Sample]:
    return [Sample(seconds=one, size=size) for one in seconds]


def test_with_no_sample_it_is_the_default_and_says_so() -> None:
    assert usual([], 2, 20.0) == Estimate(20.0, 0)
    assert move([], 2, DEFAULT) == Estimate(17.0, 0)


def test_a_single_sample_is_what_is_expected() -> None:
    assert usual(samples(7.0), 0, 20.0) == Estimate(7.0, 1)


def test_one_of_three_that_is_far_off_does_not_count() -> None:
    assert usual(samples(7, 900, 8), 0, 20.0) == Estimate(8.0, 3)


def test_a_size_speaks_for_itself_as_soon_as_there_are_three_of_it() -> None:
    small, large = samples(5, 5, 5, 5, size=1), samples(9, 9, size=4)
    assert usual(small + large, 4, 20.0) == Estimate(6.0, 6)
    assert usual([*small, *large, Sample(seconds=9, size=3)], 4, 20.0) == Estimate(9.0, 3)


@given(st.lists(SECONDS, min_size=1, max_size=64))
def test_the_middle_lies_between_the_least_and_the_most(values: list[float]) -> None:
    assert min(values) - 1e-9 <= middle(values) <= max(values) + 1e-9


@given(st.lists(SECONDS, min_size=3, max_size=60), st.data())
def test_whatever_a_quarter_of_the_samples_say_the_middle_stays_among_the_others(
    values: list[float], data: st.DataObject
) -> None:
    spoiled = (len(values) + len(values) // 3 + 1) // 4
    wild = data.draw(st.lists(st.floats(0, 604800), max_size=min(spoiled, len(values) // 3)))
    assert min(values) - 1e-6 <= middle([*values, *wild]) <= max(values) + 1e-6


@given(st.lists(st.integers(0, 100), min_size=1, max_size=64))
def test_the_order_of_the_samples_does_not_matter(values: list[int]) -> None:
    assert middle(values) == middle(sorted(values)) == middle(values[::-1])


def test_of_whole_seconds_it_is_closer_than_their_median() -> None:
    seen = [2.0] * 11 + [3.0] * 9  # of 2.45 seconds
    assert median(seen) == 2.0
    assert middle(seen) == pytest.approx(2.4)


@given(
    base=st.floats(0, 30),
    per_gib=st.floats(0.5, 20),
    sizes=st.lists(st.sampled_from([1, 2, 4, 8, 16]), min_size=4, max_size=30),
)
def test_a_link_without_noise_is_found_exactly(base: float, per_gib: float, sizes: list[int]) -> None:
    seen = [Sample(seconds=base + per_gib * size, size=size) for size in sizes]
    for size in set(sizes):
        assert move(seen, size, DEFAULT).seconds == pytest.approx(base + per_gib * size, rel=1e-6, abs=1e-6)


def test_moves_that_took_much_too_long_do_not_spoil_the_link() -> None:
    sizes = [1, 2, 4, 8] * 5
    seen = [Sample(seconds=2 + 3 * size, size=size) for size in sizes]
    wild = [Sample(seconds=900, size=size) for size in (1, 2, 4, 8)]
    found = fit([*seen, *wild], DEFAULT)
    assert found.base == pytest.approx(2, abs=0.5)
    assert found.per_unit == pytest.approx(3, rel=0.1)


@given(
    st.lists(st.builds(Sample, seconds=SECONDS, size=st.sampled_from([0, 0.5, 1, 4, 1024])), max_size=64),
    st.floats(0, 4096),
)
def test_whatever_was_seen_a_move_takes_a_time(seen: list[Sample], gib: float) -> None:
    expected = move(seen, gib, DEFAULT)
    assert math.isfinite(expected.seconds)
    assert expected.seconds >= 0
    assert (expected.observations == 0) == (seen == [])


def test_phases_together_are_worth_what_the_least_known_is() -> None:
    assert together([Estimate(3.0, 9), Estimate(5.0, 2)]) == Estimate(8.0, 2)


@given(memory=st.floats(0.1, 64), link=st.floats(0.1, 10), share=st.floats(0, 0.95), rounds=st.integers(0, 30))
def test_a_move_takes_the_sum_of_its_rounds(memory: float, link: float, share: float, rounds: int) -> None:
    """Each round copies what was changed during the one before."""
    seconds, rest = 0.0, memory
    for _ in range(rounds + 1):
        seconds, rest = seconds + rest / link, rest / link * share * link
    assert copy_seconds(memory, link, share * link, rounds) == pytest.approx(seconds)


def test_memory_that_changes_as_fast_as_it_is_copied_is_copied_once_a_round() -> None:
    assert copy_seconds(4, 2, dirty_rate=2, rounds=2) == 6
