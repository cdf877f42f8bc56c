"""The clouds that tiers run in: one of their own, gone afterwards, or the one that VIREO_CLOUD names, left as it is."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from cloud.settings import Settings, default_dir
from tiers.work import Work

BARE = {"VIREO_REAL_NODES": "0", "VIREO_NODES": "0", "VIREO_RUN": "none"}
"""A control plane without nodes and without Vireo."""

SAYS_READS = {"VIREO_AUDIT": "reads"}
"""A cloud whose audit log also says what Vireo reads, for the test of its rights."""


@contextmanager
def own_cloud(work: Work, asked: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """The environment of a cloud that is up for the body only. After a failure its logs are kept beside the tier's."""
    environment = {**asked, "VIREO_CLOUD": f"{default_dir(os.environ)}-{work.name}"}
    work.python("cloud", "down", environment=environment)  # what a killed run may have left
    try:
        work.python("cloud", "up", environment=environment)
        yield environment
    except BaseException:
        _keep_logs(work, environment)
        raise
    finally:
        work.clean_up("cloud", "down", environment=environment)


@contextmanager
def cloud_in_force(work: Work) -> Iterator[Mapping[str, str]]:
    """The environment of the cloud that VIREO_CLOUD names, brought up if need be; without one, of a cloud of its own."""
    if not os.environ.get("VIREO_CLOUD"):
        with own_cloud(work, SAYS_READS) as environment:
            yield environment
        return
    work.python("cloud", "up")
    yield {}


def kubeconfig(environment: Mapping[str, str]) -> str:
    """Where that cloud's kubeconfig lies."""
    return str(Settings.from_environment({**os.environ, **environment}).kubeconfig)


def _keep_logs(work: Work, environment: Mapping[str, str]) -> None:
    kept = work.log.with_suffix("")
    shutil.rmtree(kept, ignore_errors=True)
    logs = Settings.from_environment({**os.environ, **environment}).log
    if logs.is_dir():
        shutil.copytree(logs, kept, symlinks=True)
        work.say(f"the cloud's logs are in {kept}")
