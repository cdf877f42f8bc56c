"""From what was typed to the exit code: whatever goes wrong is a line with the way out."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from plugin.objects import BORN, NOW, condition
from plugin.program import answer, kubeconfig, played, run

from vireo.plugin.main import main

ROOT = "/apis/vireo.dev/v1alpha1"
NONE = answer({"metadata": {"resourceVersion": "1"}, "items": []})
KINDS = ("virtualdisks", "virtualmachines", "containerworkloads", "operations")
PLATFORM = {
    "metadata": {"name": "default", "creationTimestamp": BORN},
    "status": {"conditions": [condition("Ready", "True", "Supported", "All there.")]},
}
EMPTY = {
    f"{ROOT}/virtualswitches": NONE,
    f"{ROOT}/platforms/default": answer(PLATFORM),
    **{f"{ROOT}/namespaces/shop/{kind}": NONE for kind in KINDS},
}
FORBIDDEN = answer({"reason": "Forbidden", "message": "disks are forbidden"}, 403)


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["status", "--nothing"],
        ["status", "-o", "name"],
        ["top", "pods"],
        ["tree"],
        ["migrate"],
        ["migrate", "a", "--to", "b", "--away-from", "c"],
        ["status", "-n", "shop", "-A"],
        ["completion", "tcsh"],
    ],
)
def test_what_is_not_understood_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments, lambda: NOW)
    assert ended.value.code == 2
    assert "usage: kubectl vireo" in capsys.readouterr().err


def test_without_a_subcommand_it_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([], lambda: NOW)
    assert ended.value.code == 0
    assert "the cluster on one page" in capsys.readouterr().out


def test_a_word_is_completed_and_a_script_printed_without_a_cluster(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["__complete", "restart", "a", "--w"], lambda: NOW) == 0
    assert main(["completion", "bash"], lambda: NOW) == 0
    out = capsys.readouterr().out
    assert out.startswith("--wait\t")
    assert "complete -F _kubectl_vireo kubectl-vireo" in out


@pytest.mark.parametrize("name", ["missing", "broken", "folder"])
async def test_a_kubeconfig_that_can_not_be_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "broken").write_text("a: [b")
    (tmp_path / "folder").mkdir()
    code, out, err = await run(tmp_path / name, "status")
    assert (code, out) == (1, "")
    assert err.startswith(f"kubectl vireo status: CONNECT {tmp_path / name}: ")
    assert err.endswith(". Name a kubeconfig by --kubeconfig or $KUBECONFIG, and one of its contexts by --context\n")
    assert err.count("\n") == 1


async def test_a_context_that_is_not_there_is_named(tmp_path: Path) -> None:
    code, _, err = await run(kubeconfig(tmp_path / "k", "http://127.0.0.1:1"), "status", "--context", "nowhere")
    assert code == 1
    assert "nowhere" in err
    assert err.count("\n") == 1


async def test_a_server_that_does_not_answer_is_named(tmp_path: Path) -> None:
    code, _, err = await run(kubeconfig(tmp_path / "k", "http://127.0.0.1:1"), "tree", "vvm/a")
    assert code == 1
    assert err.startswith(
        "kubectl vireo tree: GET /apis/vireo.dev/v1alpha1/namespaces/shop/virtualmachines/a: 0 NoAnswer: "
    )
    assert err.endswith("See whether the cluster answers: kubectl cluster-info\n")


async def test_a_cluster_without_vireo_says_how_to_install_it(tmp_path: Path) -> None:
    async with played(tmp_path, {}) as cluster:
        code, _, err = await run(cluster, "status")
    assert code == 1
    assert "does not serve Vireo's kinds" in err
    assert "helm install vireo" in err


async def test_what_is_no_answer_of_an_api_server_is_said(tmp_path: Path) -> None:
    async with played(tmp_path, {f"{ROOT}/virtualswitches": answer("a page of a proxy")}) as cluster:
        code, _, err = await run(cluster, "status")
    assert code == 1
    assert "the API server's answer is not understood" in err
    assert err.count("\n") == 1


async def test_what_may_not_be_listed_is_left_out_and_said(tmp_path: Path) -> None:
    async with played(tmp_path, {**EMPTY, f"{ROOT}/virtualswitches": FORBIDDEN}) as cluster:
        code, out, err = await run(cluster, "status", "-o", "table")
    assert code == 0
    assert "VirtualSwitch" not in out
    assert err == "not shown: you may not list virtualswitches.vireo.dev\n"


async def test_who_may_look_at_nothing_is_told(tmp_path: Path) -> None:
    async with played(tmp_path, dict.fromkeys(EMPTY, FORBIDDEN)) as cluster:
        code, _, err = await run(cluster, "status")
    assert code == 1
    assert "you may look at nothing of Vireo's here" in err


async def test_the_namespace_is_the_contexts_or_the_one_that_is_named_before_or_behind(tmp_path: Path) -> None:
    async with played(tmp_path, EMPTY) as cluster:
        for arguments in (["status"], ["-n", "shop", "status"], ["status", "--context=there", "-n", "shop"]):
            code, out, _ = await run(cluster, *arguments)
            assert code == 0
            assert '"namespace": "shop"' in out


async def test_yaml_and_tables_are_there_for_who_asks(tmp_path: Path) -> None:
    async with played(tmp_path, EMPTY) as cluster:
        _, out, _ = await run(cluster, "status", "-o", "yaml")
        assert out.startswith("ready: true\nnamespace: shop\n")
        _, out, _ = await run(cluster, "status", "-o", "table")
        assert out.startswith("PLATFORM   Supported\n")


@pytest.mark.parametrize(
    ("what", "shown"),
    [("nodes", {"nodes": [], "balance": {"imbalance": 0.0, "inUse": 0.0, "room": None}}), ("machines", [])],
)
async def test_top_says_where_nothing_is_measured(tmp_path: Path, what: str, shown: Any) -> None:
    async with played(tmp_path, {}) as cluster:
        code, out, err = await run(cluster, "top", what)
    assert (code, msgspec.json.decode(out)) == (0, shown)
    assert "this cluster does not serve metrics.k8s.io. Install metrics-server" in err
    assert ("LOAD" in err) == (what == "nodes")


async def test_top_says_where_what_measures_is_silent(tmp_path: Path) -> None:
    away = answer({"reason": "ServiceUnavailable", "message": "the server is unable to handle it"}, 503)
    async with played(tmp_path, {"/apis/metrics.k8s.io/v1beta1/nodes": away}) as cluster:
        code, _, err = await run(cluster, "top")
    assert code == 0
    assert err == "nothing measured is shown, and LOAD is of what was promised: the server is unable to handle it\n"


@pytest.mark.parametrize(
    "arguments", [("console", "../web-1"), ("restart", "a/b"), ("migrate", "Web"), ("status", "-n", "../x")]
)
async def test_what_is_no_name_is_refused_before_it_is_asked_for(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    async with played(tmp_path, {}) as cluster:
        code, _, err = await run(cluster, *arguments)
    assert code == 1
    assert "is no name of an object" in err
