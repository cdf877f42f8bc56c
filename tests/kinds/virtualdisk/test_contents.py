"""What a disk asks of CDI, for any disk: a name that Kubernetes takes, and another one for another source."""

import re
from datetime import UTC, datetime
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from vireo.api.objects import Meta
from vireo.api.reconcile import Observed
from vireo.api.resources import VIRTUAL_DISK, Key
from vireo.kinds.virtualdisk.contents import data_source
from vireo.kinds.virtualdisk.series import Disk
from vireo.kinds.virtualdisk.types import VirtualDiskSpec, VirtualDiskStatus

SUBDOMAIN: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
LABELS = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,60}[a-z0-9])?", fullmatch=True)
NAMES = st.lists(LABELS, min_size=1, max_size=3).map(".".join).filter(lambda name: len(name) <= 63)
URLS = st.from_regex(r"https://images\.example/[a-z]{1,20}", fullmatch=True)


def asked(name: str, url: str) -> str:
    """The name of what CDI is asked for."""
    spec = VirtualDiskSpec.model_validate({"size": "1Gi", "source": {"http": {"url": url}}})
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    disk: Disk = Observed(Key(VIRTUAL_DISK, "shop", name), Meta(name, "shop"), spec, VirtualDiskStatus(), noon)
    source = data_source(disk)
    assert source is not None
    return source.name


@given(NAMES, URLS)
def test_its_name_is_one_that_kubernetes_and_cdi_take(name: str, url: str) -> None:
    assert SUBDOMAIN.fullmatch(asked(name, url))
    assert len(asked(name, url)) <= 63


@given(NAMES, NAMES, URLS, URLS)
def test_another_disk_or_another_source_has_another_name(name: str, other: str, url: str, changed: str) -> None:
    assert (asked(name, url) == asked(other, changed)) == ((name, url) == (other, changed))
