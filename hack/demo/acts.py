"""What both acts of the story do: an operation is created, and waited for."""

from typing import Final

from demo.terminal import Terminal

MACHINES: Final = "virtualmachine.vireo.dev"
DISKS: Final = "virtualdisk.vireo.dev"
OPERATIONS: Final = "operation.vireo.dev"
OPERATION: Final = """\
apiVersion: vireo.dev/v1alpha1
kind: Operation
metadata: {{name: {name}}}
spec: {{action: {action}, target: {{kind: {kind}, name: {target}}}}}
"""


def operate(terminal: Terminal, name: str, action: str, target: str, kind: str = "VirtualMachine") -> None:
    """Raises Failure where the operation does not come to its end."""
    document = OPERATION.format(name=name, action=action, kind=kind, target=target)
    terminal.kubectl("create", "--filename=-", given=document)
    terminal.kubectl("wait", f"{OPERATIONS}/{name}", "--for=condition=Complete", "--timeout=120s")
