"""The demo's second act: a database machine, an API and its front answer each other over a switch; a snapshot brings back what was lost."""

import ipaddress
import json

from cloud.console import Console
from demo.acts import DISKS, MACHINES, operate
from demo.terminal import Terminal

MACHINE, DISK, RESTORED, PORT_GROUP = "db", "db-data", "db-data-before", "inside"
SWITCHES, WORKLOADS = "virtualswitch.vireo.dev", "containerworkload.vireo.dev"
FROM_SNAPSHOT = f"""\
apiVersion: vireo.dev/v1alpha1
kind: VirtualDisk
metadata: {{name: {RESTORED}}}
spec: {{size: 1Gi, source: {{snapshot: {{name: {DISK}-before}}}}}}
"""


def tell(terminal: Terminal) -> None:
    """Raises Failure where it ends otherwise."""
    _show_who_has_ports(terminal)
    _answer_each_other(terminal)
    _lose_what_was_written(terminal)
    _bring_it_back(terminal)


def _show_who_has_ports(terminal: Terminal) -> None:
    terminal.say("A database machine from an imported disk, an API and its front, on one port group")
    terminal.kubectl("wait", WORKLOADS, "--all", "--for=condition=Ready", "--timeout=180s")
    terminal.kubectl("get", f"{SWITCHES},{WORKLOADS}")
    terminal.kubectl(
        "get", SWITCHES, "shop", "--output=jsonpath={range .status.ports[*]}{.kind} {.name}: {.count}{'\\n'}{end}"
    )


def _answer_each_other(terminal: Terminal) -> None:
    """By the addresses that each port has by itself: Vireo gives out none yet."""
    terminal.say("The front asks the API, the API the database, and the database the API: over the switch")
    api, machine = _of_pod(terminal, "api"), _of_machine(terminal)
    _ask(terminal, "front", f"http://[{api}%{PORT_GROUP}]:8080/")
    _ask(terminal, "api", f"http://[{machine}%{PORT_GROUP}]/")
    with Console(terminal.settings, terminal.namespace, MACHINE) as console:
        terminal.show(console.run(f"wget -q -O - 'http://[{api}%eth0]:8080/'"))


def _lose_what_was_written(terminal: Terminal) -> None:
    terminal.say("The database writes an order, a snapshot is taken, and then a mistake is made")
    with Console(terminal.settings, terminal.namespace, MACHINE) as console:
        console.run("mke2fs -q -F /dev/vdb && mount /dev/vdb /mnt && echo 'order 1: a bird' > /mnt/orders && sync")
        terminal.show(console.run("cat /mnt/orders"))
        operate(terminal, "before", "Snapshot", DISK, kind="VirtualDisk")
        terminal.show(console.run("rm /mnt/orders; umount /mnt; echo 'the orders are gone'"))


def _bring_it_back(terminal: Terminal) -> None:
    terminal.say("A disk from the snapshot, given to the machine, which is restarted for it")
    terminal.kubectl("create", "--filename=-", given=FROM_SNAPSHOT)
    more = [{"op": "add", "path": "/spec/disks/-", "value": {"name": "before", "disk": RESTORED}}]
    terminal.kubectl("patch", MACHINES, MACHINE, "--type=json", "--patch", json.dumps(more))
    terminal.kubectl("wait", f"{DISKS}/{RESTORED}", "--for=condition=Ready", "--timeout=120s")
    operate(terminal, "with-the-restored", "Restart", MACHINE)
    with Console(terminal.settings, terminal.namespace, MACHINE) as console:
        terminal.show(console.run("mount /dev/vdc /mnt && cat /mnt/orders"))


def _ask(terminal: Terminal, workload: str, url: str) -> None:
    terminal.kubectl("exec", f"deployment/{workload}", "--", "busybox", "wget", "-q", "-O", "-", url)


def _of_pod(terminal: Terminal, workload: str) -> ipaddress.IPv6Address:
    """The address that the kernel gave the pod's port."""
    table = terminal.ask("exec", f"deployment/{workload}", "--", "busybox", "cat", "/proc/net/if_inet6")
    found = next(line.split()[0] for line in table.splitlines() if line.endswith(f" {PORT_GROUP}"))
    return ipaddress.IPv6Address(int(found, 16))


def _of_machine(terminal: Terminal) -> ipaddress.IPv6Address:
    """The address that the guest's kernel gave its port, as the machine's status has it."""
    said = json.loads(terminal.ask("get", MACHINES, MACHINE, "--output=json"))["status"]["addresses"]
    found = (ipaddress.ip_address(one["ip"]) for one in said)
    return next(one for one in found if isinstance(one, ipaddress.IPv6Address))
