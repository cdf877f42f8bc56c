import os

import pytest


@pytest.fixture(scope="session")
def control_plane() -> str:
    return os.environ["KUBECONFIG"]
