"""Others' words as they are told: the same each time, however often it is tried."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vireo.kinds.pods import WORDS_AT_MOST, stable

PAIRS = {
    "the name of a pod": (
        'pods "virt-launcher-web-1-x7k2p" is forbidden: exceeded quota: small',
        'pods "virt-launcher-web-1-b9d4q" is forbidden: exceeded quota: small',
        'pods "virt-launcher-web-1" is forbidden: exceeded quota: small',
    ),
    "the name of a pod in a container's": (
        'name "compute_virt-launcher-a.b-x7k2p_shop_0f0e0d0c-0b0a-0908-0706-050403020100_0" is reserved',
        'name "compute_virt-launcher-a.b-zzzzz_shop_aaaaaaaa-0b0a-0908-0706-050403020100_0" is reserved',
        'name "compute_virt-launcher-a.b_shop_(uid)_0" is reserved',
    ),
    "a sandbox": (
        "failed to setup network for sandbox " + "0a" * 32 + ": no bridge",
        "failed to setup network for sandbox " + "1b" * 32 + ": no bridge",
        "failed to setup network for sandbox (id): no bridge",
    ),
    "an image that is tried again": (
        "failed to pull: not found",
        'Back-off pulling image "a:1": ErrImagePull: failed to pull: not found',
        "failed to pull: not found",
    ),
    "what preemption could not do": (
        "0/2 nodes are available: 2 Insufficient memory. preemption: 0/2 nodes are available: 2 No victims.",
        "0/2 nodes are available: 2 Insufficient memory. no new claims to deallocate, preemption: 0/2 nodes are available.",
        "0/2 nodes are available: 2 Insufficient memory.",
    ),
}


@pytest.mark.parametrize("what", PAIRS)
def test_what_differs_from_one_try_to_the_next_is_not_told(what: str) -> None:
    one, other, told = PAIRS[what]
    assert stable(one) == stable(other) == told


def test_the_volume_of_a_claim_is_told() -> None:
    words = 'MountVolume.SetUp failed for volume "pvc-0f0e0d0c-0b0a-0908-0706-050403020100"'
    assert stable(words) == words


@given(st.text())
def test_the_words_are_one_line_of_bounded_length(words: str) -> None:
    told = stable(words)
    assert len(told) <= WORDS_AT_MOST
    assert "\n" not in told
