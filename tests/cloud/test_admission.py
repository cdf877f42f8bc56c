"""The webhook in the cloud, as the chart installs it: its pods answer the API server through their Service."""

import json
import os
import subprocess

import pytest
from support.user import DISKS, User, disk

from cloud.settings import Settings

pytestmark = pytest.mark.cloud


def test_kubectl_prints_what_the_status_will_say(user: User, settings: Settings) -> None:
    if settings.run != "chart":
        pytest.skip("the webhook runs as pods only: make up without VIREO_RUN")
    command = [str(settings.bin / "kubectl"), "--namespace", user.namespace, "apply", "--filename=-"]
    environment = {**os.environ, "KUBECONFIG": str(settings.kubeconfig)}
    given = json.dumps(disk("typo", datastore="none-such"))
    done = subprocess.run(command, env=environment, input=given, capture_output=True, text=True, check=True)
    said = user.until_said(DISKS, "typo", "DatastoreMissing")
    assert done.stderr.strip() == f"Warning: VirtualDisk {user.namespace}/typo: {said['message']}"
