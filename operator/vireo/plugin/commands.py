"""What can be typed: the one table of subcommands, their arguments and flags. Parser, completion and reference are made of it."""

from dataclasses import dataclass
from typing import Final, Literal

Of = Literal["machine", "object", "node", "namespace", "context", "file"]
"""What a value names: what the completion asks the cluster, the kubeconfig or the shell for."""


@dataclass(frozen=True)
class Flag:
    """`names`: the short one first. Without `value`, which is what the help calls it, it takes none. Of `instead_of` and this one only
    one may be given."""

    names: tuple[str, ...]
    help: str
    value: str = ""
    of: Of | None = None
    choices: tuple[str, ...] = ()
    instead_of: str = ""

    @property
    def dest(self) -> str:
        """The name of its value in what was parsed."""
        return self.names[-1].removeprefix("--").replace("-", "_")


@dataclass(frozen=True)
class Argument:
    """What is given by its place."""

    name: str
    help: str
    of: Of | None = None
    choices: tuple[str, ...] = ()
    default: str = ""
    """What it is where it is left out; empty: it may not be."""

    @property
    def dest(self) -> str:
        """The name of its value in what was parsed."""
        return self.name.lower().replace("/", "_")


@dataclass(frozen=True)
class Command:
    """A subcommand. `help` is a line, `more` what stands below it in its own help."""

    name: str
    help: str
    more: str = ""
    arguments: tuple[Argument, ...] = ()
    flags: tuple[Flag, ...] = ()


KUBECONFIG: Final = Flag(
    ("--kubeconfig",),
    "the kubeconfig (default: $KUBECONFIG, else ~/.kube/config, else the pod's account)",
    "FILE",
    "file",
)
CONTEXT: Final = Flag(("--context",), "the kubeconfig's context (default: its current one)", "NAME", "context")
NAMESPACE: Final = Flag(("-n", "--namespace"), "the namespace (default: the context's)", "NAME", "namespace")
EVERYWHERE: Final = Flag(("-A", "--all-namespaces"), "all namespaces", instead_of="--namespace")
OUTPUT: Final = Flag(
    ("-o", "--output"),
    "table, json or yaml (default: table at a terminal, json elsewhere)",
    "FORM",
    choices=("table", "json", "yaml"),
)
OUTPUT_OF_ACT: Final = Flag(
    ("-o", "--output"),
    "table, json, yaml or name: of the operation (default: table at a terminal, json elsewhere)",
    "FORM",
    choices=("table", "json", "yaml", "name"),
)
WAIT: Final = Flag(("--wait",), "follow the operation to its end")
CLUSTER: Final = (KUBECONFIG, CONTEXT)
ANYWHERE: Final = (NAMESPACE, *CLUSTER)
"""What may also stand before the subcommand, as in kubectl."""
MACHINE: Final = Argument("VM", "the VirtualMachine", of="machine")
WAITING: Final = (
    "Without --wait the exit code says whether the operation was made. With it: 0 where it did what was asked, 1 where it failed. "
    "Ctrl-C ends the waiting; the operation goes on."
)

COMMANDS: Final[tuple[Command, ...]] = (
    Command(
        "status",
        "the cluster on one page: what is missing, what is not Ready, and why",
        "Exit code 0 if all that is shown is Ready, 1 if not. Operations count until they are deleted, a day after their end unless they "
        "say otherwise; those that were only tried, or called back, do not count.",
        flags=(NAMESPACE, EVERYWHERE, OUTPUT, *CLUSTER),
    ),
    Command(
        "tree",
        "an object, what it uses, and what is below it",
        "For example: kubectl vireo tree vvm/web-1",
        arguments=(
            Argument("KIND/NAME", "the object: vvm/web-1, virtualmachine/web-1, vdisk/data, vsw/prod", of="object"),
        ),
        flags=(NAMESPACE, OUTPUT, *CLUSTER),
    ),
    Command(
        "top",
        "what nodes or machines are measured to use, next to what they were promised",
        "Measured by the metrics API (metrics-server), which not every cluster has. The heaviest come first.",
        arguments=(
            Argument("WHAT", "nodes or machines (default: nodes)", choices=("nodes", "machines"), default="nodes"),
        ),
        flags=(NAMESPACE, EVERYWHERE, OUTPUT, *CLUSTER),
    ),
    Command(
        "explain",
        "why a machine is on its node: what the scheduler knew of each node, and what came of it",
        "From the record that the scheduler's extender wrote on the machine's pod. It is computed again, and "
        "it says whether it comes to the same.",
        arguments=(
            Argument("WHAT", "placement", choices=("placement",)),
            Argument(
                "NAMESPACE/VM", "the VirtualMachine; without NAMESPACE/ in the namespace of --namespace", of="machine"
            ),
        ),
        flags=(NAMESPACE, OUTPUT, *CLUSTER),
    ),
    Command(
        "migrate",
        "move a machine to another node while it runs",
        f"Makes an Operation, and prints its name. {WAITING}",
        arguments=(MACHINE,),
        flags=(
            Flag(("--to",), "the node that it moves to (default: any other)", "NODE", "node"),
            Flag(
                ("--away-from",),
                "the node that it leaves; done at once where it is not there",
                "NODE",
                "node",
                instead_of="--to",
            ),
            Flag(("--dry-run",), "do nothing, and say what would be done, or why it can not (waits for that)"),
            WAIT,
            NAMESPACE,
            OUTPUT_OF_ACT,
            *CLUSTER,
        ),
    ),
    Command(
        "restart",
        "shut a machine's guest down, and start it again",
        f"Makes an Operation, and prints its name. {WAITING}",
        arguments=(MACHINE,),
        flags=(WAIT, NAMESPACE, OUTPUT_OF_ACT, *CLUSTER),
    ),
    Command(
        "console",
        "a machine's serial console",
        "Ctrl+] leaves it. What is not typed at a terminal is sent as it is, and what the guest says is shown until the console closes.",
        arguments=(MACHINE,),
        flags=(NAMESPACE, *CLUSTER),
    ),
    Command(
        "completion",
        "what makes a shell complete these commands",
        "bash: source <(kubectl-vireo completion bash); zsh: source <(kubectl-vireo completion zsh); fish: kubectl-vireo completion fish | "
        "source. `kubectl vireo` itself is completed by kubectl's own completion, which asks kubectl_complete-vireo.",
        arguments=(Argument("SHELL", "bash, zsh or fish", choices=("bash", "zsh", "fish")),),
    ),
)


def command(name: str) -> Command | None:
    """The subcommand of that name."""
    return next((one for one in COMMANDS if one.name == name), None)
