"""The cloud's guest in a plain KubeVirt machine: what other tests take for granted of it."""

import pytest
from support.user import GUEST, INSTANCES, Object, User

from cloud.console import Console

pytestmark = [pytest.mark.cloud, pytest.mark.proof]

USER_DATA = """#cloud-config
hostname: renamed
packages: [nginx]
write_files:
- path: /srv/page
  permissions: '0600'
  content: |
    two
      lines
runcmd:
- echo "it's run" > /srv/ran
- [sh, -c, 'echo "and says $0"', why]
"""


def test_cloud_init_is_done_and_said_and_what_is_not_understood_is_said_too(user: User) -> None:
    with _started(user, USER_DATA) as console:
        assert console.expect(r"Welcome to (\S+)", seconds=120) == "Welcome to renamed:"
        console.expect("guest: user-data: not understood: packages")
        console.expect("guest: write_files: /srv/page")
        console.expect("guest: runcmd: and says why")
        console.expect("guest: runcmd: ended with 0")
        assert console.run("cat /srv/page /srv/ran; stat -c %a /srv/page") == "two\n  lines\nit's run\n600\n"
        assert console.run("wget -q -O - http://127.0.0.1/ran") == "it's run\n"


def test_a_script_as_user_data_is_run_once_for_the_instance(user: User) -> None:
    with _started(user, "#!/bin/sh\necho once >> /boot/ran\n") as console:
        console.expect("guest: user-data: ended with 0", seconds=120)
        console.type("reboot")
        console.expect("guest: reboot")
        console.expect("guest: user-data: done already for instance", seconds=120)
        assert console.run("cat /boot/ran") == "once\n"


def test_the_power_button_switches_it_off_at_once(user: User) -> None:
    with _started(user, "#cloud-config") as console:
        console.expect("Welcome to", seconds=120)
        user.virtctl("stop", "a")
        console.expect("guest: poweroff", seconds=20)
    user.until_gone(INSTANCES, "a")


def _started(user: User, user_data: str) -> Console:
    user.apply(_machine("a", user_data))
    return user.console("a")


def _machine(name: str, user_data: str) -> Object:
    disks = [{"name": disk, "disk": {"bus": "virtio"}} for disk in ("boot", "init")]
    volumes = [
        {"name": "boot", "containerDisk": {"image": GUEST}},
        {"name": "init", "cloudInitNoCloud": {"userData": user_data}},
    ]
    network = {"name": "pod"}
    devices = {"disks": disks, "interfaces": [network | {"masquerade": {}}]}
    template = {
        "domain": {"devices": devices, "memory": {"guest": "128Mi"}},
        "networks": [network | {"pod": {}}],
        "terminationGracePeriodSeconds": 30,
        "volumes": volumes,
    }
    spec = {"runStrategy": "Always", "template": {"spec": template}}
    return {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "metadata": {"name": name}, "spec": spec}
