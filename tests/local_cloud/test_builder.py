"""The builder: inputs before what is made of them, the heavy ones alone, and nothing new after a failure."""

import io
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest

from cloud.build.builder import Builder
from cloud.build.cache import Cache
from cloud.build.target import Target, Workshop
from cloud.steps import Failure, Steps


@dataclass
class Diary:
    """What happened, and how many were at work at once."""

    made: list[str] = field(default_factory=list)
    at_work: int = 0
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Part(Target):
    name: str
    diary: Diary
    of: tuple[str, ...] = ()
    text: str = ""
    fails: bool = False

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.of

    def recipe(self) -> Mapping[str, str]:
        return {"text": self.text}

    def make(self, workshop: Workshop) -> None:
        with self.diary.lock:
            self.diary.at_work += 1
            self.diary.most = max(self.diary.most, self.diary.at_work)
        if self.fails:
            raise Failure(f"{self.name} can not be made")
        (workshop.out / "text").write_text(
            "".join((workshop.inputs[name] / "text").read_text() for name in self.of) + self.text
        )
        with self.diary.lock:
            self.diary.at_work -= 1
            self.diary.made.append(self.name)


@dataclass(frozen=True)
class Heavy(Part):
    heavy: ClassVar[bool] = True


@pytest.fixture
def diary() -> Diary:
    return Diary()


def builder(tmp_path: Path, *parts: Part) -> Builder:
    return Builder({part.name: part for part in parts}, Cache(tmp_path))


def ensure(builder: Builder, *names: str) -> None:
    builder.ensure(names, Steps(io.StringIO()))


def test_inputs_are_made_before_what_is_made_of_them(tmp_path: Path, diary: Diary) -> None:
    built = builder(
        tmp_path, Part("a", diary, text="A"), Part("b", diary, ("a",), "B"), Part("c", diary, ("a", "b"), "C")
    )
    ensure(built, "c")
    assert diary.made == ["a", "b", "c"]
    assert (built.artefact("c", Steps(io.StringIO())) / "text").read_text() == "AABC"


def test_what_is_there_is_not_made_again(tmp_path: Path, diary: Diary) -> None:
    parts = (Part("a", diary), Part("b", diary, ("a",)))
    ensure(builder(tmp_path, *parts), "b")
    ensure(builder(tmp_path, *parts), "b", "a")
    assert diary.made == ["a", "b"]


def test_a_change_makes_anew_what_it_touches_and_no_more(tmp_path: Path, diary: Diary) -> None:
    ensure(builder(tmp_path, Part("a", diary), Part("b", diary, ("a",)), Part("c", diary)), "b", "c")
    diary.made.clear()
    ensure(builder(tmp_path, Part("a", diary, text="new"), Part("b", diary, ("a",)), Part("c", diary)), "b", "c")
    assert diary.made == ["a", "b"]


def test_heavy_ones_are_made_one_at_a_time(tmp_path: Path, diary: Diary) -> None:
    names = [f"heavy-{number}" for number in range(6)]
    ensure(builder(tmp_path, *(Heavy(name, diary) for name in names)), *names)
    assert diary.most == 1
    assert sorted(diary.made) == names


def test_after_a_failure_nothing_heavy_is_begun_and_the_failure_is_told(tmp_path: Path, diary: Diary) -> None:
    parts = [Heavy("bad", diary, fails=True), *(Heavy(f"later-{number}", diary, ("bad",)) for number in range(3))]
    with pytest.raises(Failure, match="bad can not be made"):
        ensure(builder(tmp_path, *parts), *(part.name for part in parts))
    assert diary.made == []
