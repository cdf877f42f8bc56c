"""A console as programs use it, with a real shell at its other end."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from guest.shell import terminal

from cloud.console import Closed, Terminal, Wire
from cloud.steps import Failure


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Terminal]:
    with terminal(tmp_path) as made:
        yield made


def test_what_a_command_prints_comes_back_without_its_echo(shell: Terminal) -> None:
    assert shell.run("echo one; echo 'two  words'") == "one\ntwo  words\n"


def test_what_does_not_end_in_a_line_comes_back_as_it_is(shell: Terminal) -> None:
    assert shell.run("printf precious") == "precious"


def test_a_command_longer_than_the_terminal_is_wide_is_run(shell: Terminal) -> None:
    assert shell.run(f"echo {'x' * 300}") == "x" * 300 + "\n"


def test_news_of_the_guest_is_not_part_of_what_a_command_prints(shell: Terminal) -> None:
    assert shell.run("echo before; echo 'guest: disk vdb: 1.0 GiB'; echo after") == "before\nafter\n"


def test_a_command_that_fails_says_how_and_shows_the_console(shell: Terminal) -> None:
    with pytest.raises(Failure, match=r"(?s)`cat /none` ended with 1.*It showed:.*No such file"):
        shell.run("cat /none")
    assert shell.run("echo alive") == "alive\n"


def test_a_command_that_does_not_end_says_so(shell: Terminal) -> None:
    with pytest.raises(Failure, match="`sleep 60` did not end"):
        shell.run("sleep 60", seconds=1)


def test_a_command_may_leave_something_running(shell: Terminal) -> None:
    assert shell.run("sleep 60 & echo started") == "started\n"
    assert shell.run("kill $! &") == ""


def test_two_lines_are_refused(shell: Terminal) -> None:
    with pytest.raises(ValueError, match="more than one line"):
        shell.run("echo a\necho b")


def test_who_comes_late_is_greeted_all_the_same(shell: Terminal) -> None:
    assert shell.expect(r"Welcome to (\S+)", seconds=30) == "Welcome to test:"


def test_a_line_is_seen_once_and_in_order(shell: Terminal) -> None:
    assert [shell.expect(r"event \d", seconds=30) for _ in range(2)] == ["event 1", "event 2"]
    with pytest.raises(Failure, match="no line had 'event'"):
        shell.expect("event", seconds=0.2)


def test_what_a_typed_line_does_is_expected(shell: Terminal) -> None:
    shell.type("for n in 1 2; do echo line $n; done")
    assert [shell.expect(r"^line \d", seconds=30) for _ in range(2)] == ["line 1", "line 2"]


def test_a_command_that_ends_the_machine_closes_the_console(shell: Terminal) -> None:
    assert shell.run("exit", ends=True) == ""
    assert shell.run("echo 'a new one'") == "a new one\n"


def test_a_command_that_was_to_end_the_machine_and_did_not_says_so(shell: Terminal) -> None:
    with pytest.raises(Failure, match="the machine went on after `true`"):
        shell.run("true", seconds=1, ends=True)


def test_a_console_that_closes_under_a_command_says_so(shell: Terminal) -> None:
    with pytest.raises(Failure, match="the console closed while `exit` ran"):
        shell.run("exit")


def test_a_console_that_closed_is_opened_again_to_expect(shell: Terminal) -> None:
    shell.run("exit", ends=True)
    assert shell.expect("Welcome to test", seconds=30)
    assert shell.transcript.count("[the console closed]") == 1


def test_a_console_that_can_not_be_reached_says_why() -> None:
    def dial() -> Wire:
        raise Closed("VMI is not running")

    with pytest.raises(Failure, match="can not be reached: VMI is not running"):
        Terminal("shop/web-1", dial).connect(seconds=0.1)
