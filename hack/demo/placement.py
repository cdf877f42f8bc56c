"""The demo's last act: a guest computes on one node, and the next machine is placed by what is measured; the numbers say why."""

import json
from typing import Final

from cloud.console import Console
from cloud.extender import loads
from cloud.steps import NotYet, Steps
from demo.acts import MACHINES
from demo.terminal import Terminal

MACHINE, NEXT = "hello", "next"
FELT: Final = 0.04
"""By how much the node's load must be above the others' before the next machine is made: four points of a node. Where nothing else keeps
the host's cores busy it is twenty."""
DOCUMENT: Final = f"""\
apiVersion: vireo.dev/v1alpha1
kind: VirtualMachine
metadata: {{name: {NEXT}}}
spec:
  hardware: {{cpu: {{cores: 1}}, memory: 256Mi}}
  bootDisk: {{image: registry.local/guest:1}}
"""


def tell(terminal: Terminal) -> None:
    """Raises Failure where it ends otherwise. One node is no choice."""
    if terminal.settings.real_nodes < 2:
        return
    host = json.loads(terminal.ask("get", MACHINES, MACHINE, "--output=json"))["status"]["host"]
    terminal.say(f"A guest begins to compute on {host}; what is measured there goes up")
    with Console(terminal.settings, terminal.namespace, MACHINE) as console:
        console.run("(while :; do :; done) > /dev/null 2>&1 & echo $! > /tmp/computes")
    _until_felt(terminal, host)
    terminal.kubectl("vireo", "top", "machines", "--output=table")
    terminal.kubectl("vireo", "top", "nodes", "--output=table")
    terminal.say("The next machine, and why it is where it is")
    terminal.kubectl("create", "--filename=-", given=DOCUMENT)
    terminal.kubectl("wait", f"{MACHINES}/{NEXT}", "--for=condition=Ready", "--timeout=120s")
    terminal.kubectl("get", MACHINES)
    terminal.kubectl("vireo", "explain", "placement", f"{terminal.namespace}/{NEXT}", "--output=table")
    with Console(terminal.settings, terminal.namespace, MACHINE) as console:
        console.run("kill $(cat /tmp/computes)")


def _until_felt(terminal: Terminal, host: str) -> None:
    with Steps().step("the load to be measured") as step:
        step.wait("the machine to be measured", lambda: _check_measured(terminal), seconds=120)
        step.wait("the scheduler to know of it", lambda: _check_felt(terminal, host), seconds=120)


def _check_measured(terminal: Terminal) -> None:
    """It uses more than all others: however busy the host is, they rest."""
    tops = json.loads(terminal.ask("vireo", "top", "machines", "--output=json"))
    used = {one["name"]: one["used"]["cpu"] for one in tops if one["used"]}
    mine = used.pop(MACHINE, 0.0)
    if mine <= sum(used.values()):
        raise NotYet(f"{MACHINE} {mine:.2f} cores, the others {sum(used.values()):.2f}")


def _check_felt(terminal: Terminal, host: str) -> None:
    for known in loads(terminal.settings):
        others = [load for node, load in known.items() if node in terminal.settings.node_names and node != host]
        if known.get(host, 0.0) < max(others, default=0.0) + FELT:
            raise NotYet(f"{host} {known.get(host, 0.0):.2f}, others at most {max(others, default=0.0):.2f}")
