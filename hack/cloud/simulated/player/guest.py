"""The simulated guest: what its agent would say. Everything that a person could read says that it is simulated."""

import hashlib

from cloud.simulated.player.instance import Json, interfaces, node_of, uid_of

OS = {
    "id": "simulated",
    "kernelRelease": "0.0.0-simulated",
    "kernelVersion": "#0 simulated",
    "machine": "x86_64",
    "name": "Simulated guest",
    "prettyName": "Simulated guest (no code runs)",
    "version": "0",
    "versionId": "0",
}
COMMANDS = (
    "guest-ping", "guest-info", "guest-shutdown", "guest-get-osinfo", "guest-get-host-name", "guest-get-timezone",
    "guest-get-users", "guest-get-fsinfo", "guest-network-get-interfaces", "guest-fsfreeze-status",
    "guest-fsfreeze-freeze", "guest-fsfreeze-thaw", "guest-exec", "guest-exec-status", "guest-set-user-password",
    "guest-ssh-add-authorized-keys",
)  # fmt: skip


def mac(vmi: Json, interface: Json) -> str:
    """The interface's hardware address: the one that was asked for, or one made from the instance and the name."""
    if asked := interface.get("macAddress"):
        return str(asked)
    digest = hashlib.sha256(f"{uid_of(vmi)}/{interface['name']}".encode()).hexdigest()
    return ":".join(["02", *(digest[index : index + 2] for index in range(0, 10, 2))])


def interface_names(vmi: Json) -> dict[str, str]:
    """The name that the guest gives each of the machine's interfaces."""
    return {interface["name"]: f"eth{number}" for number, interface in enumerate(interfaces(vmi))}


def agent_info(vmi: Json, frozen: bool) -> Json:
    """The answer of the subresource `guestosinfo`."""
    return {
        "guestAgentVersion": "0.0.0-simulated",
        "supportedCommands": [{"name": name, "enabled": True} for name in COMMANDS],
        "hostname": vmi["spec"].get("hostname") or vmi["metadata"]["name"],
        "os": OS,
        "timezone": "UTC, 0",
        "fsInfo": {"disks": None},
        "fsFreezeStatus": "frozen" if frozen else "thawed",
    }


def greeting(vmi: Json) -> str:
    """What the serial console shows first."""
    metadata = vmi["metadata"]
    return (
        f"\r\n{OS['prettyName']}\r\n"
        f"{metadata['namespace']}/{metadata['name']} on {node_of(vmi)}. It knows one command: poweroff\r\n\r\n# "
    )


EMPTY_LIST: Json = {"metadata": {}, "items": []}  # of users, of file systems: a simulated guest has none
