"""The story of the demo: a machine with a disk boots, its disk grows under it, it moves and restarts, is switched off and on; then a shop
of a machine and containers (shop.py); Vireo says why; and the next machine is placed by what is measured (placement.py).
"""

import json
from collections.abc import Mapping

from cloud.console import Console
from cloud.settings import CHECKOUT, Settings
from demo import placement, shop
from demo.acts import DISKS, MACHINES, OPERATIONS, operate
from demo.terminal import Terminal

NAMESPACE, MACHINE, DISK = "demo", "hello", "hello-data"
GREETING = r"Welcome to .*"


def tell(settings: Settings) -> None:
    """Tells the story in a namespace of its own, and leaves the machine running. Raises Failure where it ends otherwise."""
    terminal = Terminal(settings, NAMESPACE)
    _begin_afresh(terminal)
    _apply_the_examples(terminal)
    _read_the_greeting(terminal)
    _grow_the_disk(terminal)
    _move(terminal)
    _restart(terminal)
    _switch_off_and_on(terminal)
    _shut_down_from_inside(terminal)
    shop.tell(terminal)
    _show_what_vireo_said(terminal)
    placement.tell(terminal)


def _begin_afresh(terminal: Terminal) -> None:
    terminal.ask("delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=180s")
    terminal.ask("create", "namespace", NAMESPACE)


def _apply_the_examples(terminal: Terminal) -> None:
    terminal.say("A machine with a disk, containers, and a shop of both on a switch, as a user writes them")
    terminal.kubectl("apply", "--filename", str(CHECKOUT / "examples"))
    terminal.kubectl("wait", f"{DISKS},{MACHINES}", "--all", "--for=condition=Ready", "--timeout=180s")
    terminal.say("Machines and disks are Ready; the guests run")
    terminal.kubectl("get", "vireo", "--output=wide")


def _read_the_greeting(terminal: Terminal) -> None:
    terminal.say("The guest's serial console")
    with Console(terminal.settings, NAMESPACE, MACHINE) as console:
        terminal.show(console.expect(GREETING, seconds=60))
        terminal.say("The disk as the guest sees it")
        terminal.show(console.run("disks"))


def _grow_the_disk(terminal: Terminal) -> None:
    terminal.say("The disk grows while the machine runs")
    with Console(terminal.settings, NAMESPACE, MACHINE) as console:
        terminal.kubectl("patch", DISKS, DISK, "--type=merge", "--patch", json.dumps({"spec": {"size": "2Gi"}}))
        terminal.kubectl("wait", f"{DISKS}/{DISK}", "--for=jsonpath={.status.capacity}=2Gi", "--timeout=60s")
        terminal.show(console.expect(r"disk .*2\.0 GiB.*", seconds=60))


def _move(terminal: Terminal) -> None:
    """To another node, while a process in the guest goes on."""
    if terminal.settings.real_nodes < 2:
        return
    terminal.say("Moved to another node, as an operation; a process in the guest goes on")
    with Console(terminal.settings, NAMESPACE, MACHINE) as console:
        console.run("(while sleep 1; do date >> /tmp/alive; done) > /dev/null 2>&1 &")
    _operate(terminal, "move", "Migrate")
    with Console(terminal.settings, NAMESPACE, MACHINE) as console:
        terminal.show(console.run("echo $(wc -l < /tmp/alive) seconds alive"))
    terminal.kubectl("get", MACHINES, MACHINE)


def _restart(terminal: Terminal) -> None:
    terminal.say("Restarted, as an operation")
    _operate(terminal, "restart", "Restart")
    with Console(terminal.settings, NAMESPACE, MACHINE) as console:
        terminal.show(console.expect(GREETING, seconds=60))


def _operate(terminal: Terminal, name: str, action: str) -> None:
    operate(terminal, name, action, MACHINE)
    terminal.kubectl("get", OPERATIONS, name, "--output=wide")


def _switch_off_and_on(terminal: Terminal) -> None:
    terminal.say("Switched off by its spec")
    _set_power(terminal, "Stopped")
    terminal.kubectl("get", MACHINES, MACHINE, "--output=wide")
    terminal.say("Switched on again")
    _set_power(terminal, "Running")
    with Console(terminal.settings, NAMESPACE, MACHINE) as console:
        terminal.show(console.expect(GREETING, seconds=60))


def _shut_down_from_inside(terminal: Terminal) -> None:
    terminal.say("Shut down from inside: Vireo says so, and does not start it until asked")
    with Console(terminal.settings, NAMESPACE, MACHINE) as console:
        console.run("poweroff", ends=True)
    terminal.kubectl("wait", f"{MACHINES}/{MACHINE}", f"--for={_ready_because('StoppedByGuest')}", "--timeout=120s")
    terminal.kubectl("get", MACHINES, MACHINE, "--output=wide")
    terminal.say("Asked: off, then on")
    _set_power(terminal, "Stopped")
    _set_power(terminal, "Running")


def _show_what_vireo_said(terminal: Terminal) -> None:
    terminal.say("What Vireo said of it all")
    terminal.kubectl("events", "--for", f"{MACHINES}/{MACHINE}")
    terminal.kubectl("get", "vireo")


def _set_power(terminal: Terminal, state: str) -> None:
    patch: Mapping[str, object] = {"spec": {"powerState": state}}
    terminal.kubectl("patch", MACHINES, MACHINE, "--type=merge", "--patch", json.dumps(patch))
    terminal.kubectl("wait", f"{MACHINES}/{MACHINE}", f"--for={_ready_because(state)}", "--timeout=120s")


def _ready_because(reason: str) -> str:
    return f'jsonpath={{.status.conditions[?(@.type=="Ready")].reason}}={reason}'
