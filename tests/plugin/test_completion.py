"""What completes a word, wherever the cursor is; and that a shell does what it is told."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from vireo.plugin.commands import COMMANDS
from vireo.plugin.shown.completion import answer, wanted
from vireo.plugin.shown.scripts import BASH, SCRIPTS


def texts(*words: str, names: tuple[str, ...] = ()) -> list[str]:
    """What could stand there, without the help."""
    return [line.partition("\t")[0] for line in answer(wanted(words), names).splitlines()[:-1]]


def test_first_comes_a_subcommand() -> None:
    assert texts("") == [one.name for one in COMMANDS]
    assert texts("m") == ["migrate"]
    assert texts() == [one.name for one in COMMANDS]
    assert texts("-n", "shop", "con") == ["console"]


def test_each_has_its_help_behind_a_tab_and_the_last_line_tells_the_shell_what_to_do() -> None:
    assert answer(wanted(["restart", "--w"])) == "--wait\tfollow the operation to its end\n:4\n"


def test_flags_come_once_and_not_beside_those_that_they_exclude() -> None:
    assert texts("migrate", "a", "--") == [
        *("--to", "--away-from", "--dry-run", "--wait", "--namespace", "--output", "--kubeconfig", "--context"),
    ]
    assert "--away-from" not in texts("migrate", "a", "--to", "node-1", "--")
    assert "--to" not in texts("migrate", "a", "--away-from", "node-1", "--")
    assert "--namespace" not in texts("status", "-A", "--")
    assert "--output" not in texts("status", "-o", "json", "--")


@pytest.mark.parametrize(
    ("words", "of"),
    [
        (("migrate", ""), "machine"),
        (("restart", "--wait", "w"), "machine"),
        (("console", "-n", "shop", "w"), "machine"),
        (("tree", "vvm/"), "object"),
        (("migrate", "a", "--to", "n"), "node"),
        (("migrate", "a", "--to=n"), "node"),
        (("migrate", "a", "--to", "=", "n"), "node"),
        (("migrate", "a", "--to", "="), "node"),
        (("status", "-n", ""), "namespace"),
        (("--context", ""), "context"),
        (("status", "--kubeconfig", ""), "file"),
        (("migrate", "a", ""), None),
        (("migrate", "a", "b"), None),
    ],
)
def test_names_are_asked_for_where_a_name_can_stand(words: tuple[str, ...], of: str | None) -> None:
    assert wanted(words).of == of


def test_names_are_those_that_begin_with_what_was_typed() -> None:
    assert texts("console", "web", names=("web-2", "db", "web-1")) == ["web-1", "web-2"]


def test_behind_an_equals_sign_the_whole_word_is_told() -> None:
    assert texts("migrate", "a", "--to=no", names=("node-1", "sim-0")) == ["--to=node-1"]


def test_words_from_the_table_need_no_cluster() -> None:
    assert texts("top", "") == ["nodes", "machines"]
    assert texts("completion", "f") == ["fish"]
    assert texts("restart", "a", "-o", "") == ["table", "json", "yaml", "name"]


def test_behind_a_kind_no_space_is_typed() -> None:
    assert answer(wanted(["tree", "vv"]), ["vvm/", "vdisk/"]) == "vvm/\n:6\n"
    assert answer(wanted(["tree", "vvm/w"]), ["vvm/web-1"]) == "vvm/web-1\n:4\n"


def test_files_are_left_to_the_shell() -> None:
    assert answer(wanted(["status", "--kubeconfig", "x"]), ["y"]) == ":0\n"


def test_what_stands_before_says_which_cluster_is_asked() -> None:
    found = wanted(["--context", "prod", "console", "-n", "shop", "--kubeconfig=f", ""]).given
    assert found == {"context": "prod", "namespace": "shop", "kubeconfig": "f"}


@given(some.lists(some.text(max_size=8) | some.sampled_from(["-n", "--to", "=", "migrate", "tree", "--", "--to="])))
def test_whatever_is_typed_there_is_an_answer(words: list[str]) -> None:
    assert answer(wanted(words)).splitlines()[-1].startswith(":")


@pytest.mark.parametrize("shell", SCRIPTS)
def test_each_script_asks_the_program(shell: str) -> None:
    assert "kubectl-vireo __complete" in SCRIPTS[shell]


def test_bash_completes_as_the_program_says(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    program = tmp_path / "kubectl-vireo"
    program.write_text(f'#!/bin/bash\nprintf "%s\\n" "$@" > {asked}\nprintf "web-1\\tone\\nweb-2\\n:6\\n"\n')
    program.chmod(0o755)
    script = f"""{BASH}
    compopt() {{ echo "compopt $*"; }}
    COMP_WORDS=(kubectl-vireo console -n shop we) COMP_CWORD=4
    _kubectl_vireo
    printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:3] == ["compopt -o nospace", "web-1", "web-2"]
    assert asked.read_text().split() == ["__complete", "console", "-n", "shop", "we"]
