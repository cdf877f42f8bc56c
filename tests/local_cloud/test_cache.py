"""The cache of builds: an artefact is whole or absent, made once, and its key says all that it is made of."""

import os
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.build.cache import KEPT_UNUSED, Cache
from cloud.build.target import Target, Workshop, hash_of, key_of

RECIPES = st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=3)


@dataclass(frozen=True)
class Thing(Target):
    name: str
    made_of: Mapping[str, str] = field(default_factory=dict)

    def recipe(self) -> Mapping[str, str]:
        return self.made_of

    def make(self, workshop: Workshop) -> None:
        (workshop.out / "made").write_text(self.name)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path)


def fill(out: Path) -> None:
    (out / "made").write_text("yes")


def test_an_artefact_is_made_once(cache: Cache) -> None:
    made = []

    def fill_once(out: Path) -> None:
        made.append(out)
        fill(out)

    first, second = cache.make("a", "1", fill_once), cache.make("a", "1", fill_once)
    assert first == second
    assert len(made) == 1
    assert (first / "made").read_text() == "yes"


def test_one_that_fails_leaves_nothing_that_could_be_taken_for_it(cache: Cache) -> None:
    def fail(out: Path) -> None:
        fill(out)
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        cache.make("a", "1", fail)
    assert cache.find("a", "1") is None
    assert (cache.make("a", "1", fill) / "made").exists()


def test_what_a_killed_builder_left_is_removed_first(cache: Cache) -> None:
    partial = cache.root / "a/1.partial"
    partial.mkdir(parents=True)
    (partial / "half").touch()
    assert [path.name for path in cache.make("a", "1", fill).iterdir()] == ["made"]


def test_two_builders_of_the_same_make_it_once(cache: Cache) -> None:
    made = []
    both = threading.Barrier(2)

    def fill_once(out: Path) -> None:
        made.append(out)
        fill(out)

    def build() -> Path:
        both.wait(10)
        return cache.make("a", "1", fill_once)

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.submit(build), pool.submit(build)
    assert one.result() == other.result()
    assert len(made) == 1


def test_what_nobody_asked_for_lately_goes_when_a_new_one_of_its_name_is_made(cache: Cache) -> None:
    old, recent = cache.make("a", "old", fill), cache.make("a", "recent", fill)
    long_ago = time.time() - KEPT_UNUSED - 60
    os.utime(old, (long_ago, long_ago))
    cache.make("a", "new", fill)
    assert (old.exists(), recent.exists()) == (False, True)


def test_asking_for_an_artefact_keeps_it(cache: Cache) -> None:
    old = cache.make("a", "old", fill)
    os.utime(old, (0, 0))
    cache.find("a", "old")
    cache.make("a", "new", fill)
    assert old.exists()


@given(RECIPES, RECIPES, st.sampled_from("ab"), st.sampled_from("ab"))
def test_keys_are_equal_if_and_only_if_what_they_are_made_of_is(
    one: Mapping[str, str], other: Mapping[str, str], name: str, other_name: str
) -> None:
    same = key_of(Thing(name, one), {}) == key_of(Thing(other_name, other), {})
    assert same == ((name, one) == (other_name, other))


@given(RECIPES, RECIPES)
def test_the_keys_of_inputs_count(inputs: Mapping[str, str], others: Mapping[str, str]) -> None:
    assert (key_of(Thing("a"), inputs) == key_of(Thing("a"), others)) == (inputs == others)


def test_the_hash_of_a_folder_counts_names_bytes_and_whether_it_can_be_run(tmp_path: Path) -> None:
    folder = tmp_path / "sources"
    folder.mkdir()
    file = folder / "a"
    file.write_text("one")
    seen = [hash_of(folder)]
    file.write_text("two")
    seen.append(hash_of(folder))
    file.chmod(0o755)
    seen.append(hash_of(folder))
    file.rename(folder / "b")
    seen.append(hash_of(folder))
    assert len(set(seen)) == 4
    os.utime(folder / "b", (0, 0))
    assert hash_of(folder) == seen[-1]


def test_where_the_checkout_lies_does_not_count(tmp_path: Path) -> None:
    for place in ("here", "there"):
        (tmp_path / place / "sources").mkdir(parents=True)
        (tmp_path / place / "sources/a").write_text("one")
    assert hash_of(tmp_path / "here/sources") == hash_of(tmp_path / "there/sources")


def test_the_cache_lies_where_the_user_says(tmp_path: Path) -> None:
    assert Cache.of_user({"VIREO_CACHE": str(tmp_path)}).root == tmp_path
    assert Cache.of_user({"XDG_CACHE_HOME": str(tmp_path)}).root == tmp_path / "vireo"
    assert Cache.of_user({"HOME": str(tmp_path)}).root == tmp_path / ".cache/vireo"
