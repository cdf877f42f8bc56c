"""Of two operators one works. The other takes over when it is killed, paused or stopped, and what it then does nobody disturbs."""

import pytest
from api.replicas.field import Field

pytestmark = pytest.mark.api

TAKEOVER_SECONDS = 20


def test_one_works_and_the_other_takes_over_when_it_is_killed(field: Field) -> None:
    first, second = field.start_both()
    since = field.mark()
    field.disk("a")
    field.until(lambda: field.has_claim("a"))
    assert set(field.agents(since)) == {first.identity}

    first.kill()
    since = field.mark()
    field.disk("b")
    field.until(lambda: field.has_claim("b"), TAKEOVER_SECONDS)
    assert set(field.agents(since)) == {second.identity}
    assert field.claims() == ["a", "b"]


def test_who_is_stopped_hands_over_and_the_other_does_not_wait(field: Field) -> None:
    first, second = field.start_both()
    waits = field.lease["leaseDurationSeconds"]
    first.stop()
    assert first.process.returncode == 0
    field.until(lambda: second.identity, waits / 2)
    assert field.lease["holderIdentity"] == second.identity
    field.disk("a")
    field.until(lambda: field.has_claim("a"))


def test_who_was_paused_beyond_its_time_changes_nothing_when_it_goes_on(field: Field) -> None:
    first, second = field.start_both()
    field.disk("a")
    field.until(lambda: field.has_claim("a"))

    first.pause()
    for name in ("b", "c", "d"):  # first hears of them when it goes on
        field.disk(name)
    field.until(lambda: second.identity)
    field.until(lambda: field.claims() == ["a", "b", "c", "d"])
    since = field.mark()
    field.disk("e")
    first.go_on()
    field.until(lambda: first.ended)
    field.until(lambda: field.has_claim("e"))
    assert set(field.agents(since)) == {second.identity}
    assert "another operator leads" in first.log.read_text()
    assert "Traceback" not in first.log.read_text()
    assert first.process.returncode == 1
