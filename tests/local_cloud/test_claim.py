"""Claims: every cloud has an index of its own, what is gone gives it back, and one `up` or `down` at a time."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cloud import claim
from cloud.settings import CLOUDS, Settings, index_of
from cloud.steps import Failure


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of claims of these tests alone."""
    monkeypatch.setattr(claim, "claims_dir", lambda: tmp_path / "claims")
    return tmp_path


def all_free(_: int) -> bool:
    return True


def take(folder: Path, free: Callable[[int], bool] = all_free) -> Settings:
    return claim.take(Settings(folder, index=index_of(folder)), free)


def test_each_cloud_gets_the_first_index_that_is_free(state: Path) -> None:
    assert [take(state / name).index for name in "abc"] == [0, 1, 2]


def test_a_cloud_keeps_its_index(state: Path) -> None:
    take(state / "a")
    assert take(state / "b").index == take(state / "b").index == 1


def test_an_index_whose_addresses_others_use_is_left_out(state: Path) -> None:
    assert take(state / "a", lambda index: index >= 7).index == 7


def test_an_index_that_was_given_back_is_free(state: Path) -> None:
    first = take(state / "a")
    take(state / "b")
    (state / "a/index").unlink()
    claim.release(first)
    assert take(state / "c").index == 0


def test_the_index_of_a_cloud_whose_folder_is_gone_is_taken_over(state: Path) -> None:
    take(state / "a")
    (state / "a/index").unlink()
    assert take(state / "b").index == 0


def test_a_release_does_not_give_away_what_another_holds_by_now(state: Path) -> None:
    first = take(state / "a")
    (state / "a/index").unlink()
    second = take(state / "b")
    claim.release(first)
    assert second.index == 0
    assert take(state / "c").index == 1


def test_a_folder_with_other_things_in_it_is_refused(state: Path) -> None:
    (state / "home").mkdir()
    (state / "home/letter").touch()
    with pytest.raises(Failure, match="is not empty and holds no cloud"):
        take(state / "home")


def test_when_all_are_taken_it_says_so(state: Path) -> None:
    with pytest.raises(Failure, match=f"all {CLOUDS} sets of addresses are taken"):
        take(state / "a", lambda _: False)


def test_of_two_who_work_on_a_cloud_the_second_is_refused_at_once(state: Path) -> None:
    settings = Settings(state / "a")
    with claim.exclusive(settings):
        with pytest.raises(Failure, match="another up or down is at work"), claim.exclusive(settings):
            pass
        with claim.exclusive(Settings(state / "b")):
            pass
    with claim.exclusive(settings):
        pass


def test_nothing_is_left_when_the_last_cloud_is_gone(state: Path) -> None:
    settings = Settings(state / "a")
    with claim.exclusive(settings):
        taken = take(state / "a")
        (state / "a/index").unlink()
        claim.release(taken)
    claim.remove_if_unused()
    assert not (state / "claims").exists()
