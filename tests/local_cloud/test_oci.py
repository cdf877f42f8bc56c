"""Images without an engine: the same entries give the same bytes, and the layout is what a registry expects."""

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from cloud.build import oci
from cloud.build.oci import Entry

pytestmark = pytest.mark.skipif(not shutil.which("zstd"), reason="needs zstd")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "sources"
    (folder / "usr/bin").mkdir(parents=True)
    (folder / "usr/bin/program").write_text("#!/bin/sh\n")
    (folder / "usr/bin/program").chmod(0o700)
    (folder / "readme").write_text("hello")
    (folder / "link").symlink_to("readme")
    return folder


def layer(folder: Path, name: str, entries: list[Entry]) -> Path:
    out = folder / name
    out.mkdir()
    oci.write_layer(out, entries)
    return out


def members(layer: Path) -> dict[str, tarfile.TarInfo]:
    unpacked = subprocess.run(["zstd", "-dcq", layer / "blob"], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=BytesIO(unpacked)) as tar:
        return {member.name: member for member in tar.getmembers()}


def test_the_same_entries_give_the_same_bytes_whatever_their_order_and_the_clock(tmp_path: Path, sources: Path) -> None:
    one = layer(tmp_path, "one", oci.tree(sources))
    for path in sources.rglob("*"):
        os.utime(path, (0, 0), follow_symlinks=False)
    other = layer(tmp_path, "other", oci.tree(sources)[::-1])
    assert (one / "blob").read_bytes() == (other / "blob").read_bytes()
    assert (one / "descriptor.json").read_text() == (other / "descriptor.json").read_text()


def test_another_byte_or_mode_gives_another_layer(tmp_path: Path, sources: Path) -> None:
    digests = [digest(layer(tmp_path, "0", oci.tree(sources)))]
    (sources / "readme").write_text("hellO")
    digests.append(digest(layer(tmp_path, "1", oci.tree(sources))))
    (sources / "readme").chmod(0o755)
    digests.append(digest(layer(tmp_path, "2", oci.tree(sources))))
    assert len(set(digests)) == 3


def test_a_tree_belongs_to_root_and_keeps_links_and_what_can_be_run(tmp_path: Path, sources: Path) -> None:
    found = members(layer(tmp_path, "one", oci.tree(sources)))
    assert {name: oct(member.mode) for name, member in found.items() if member.isfile()} == {
        "usr/bin/program": "0o755",
        "readme": "0o644",
    }
    assert found["link"].linkname == "readme"
    assert {(member.uid, member.gid, member.mtime) for member in found.values()} == {(0, 0, 0)}


def test_folders_above_an_entry_come_with_it_and_before_it(tmp_path: Path, sources: Path) -> None:
    found = members(layer(tmp_path, "one", [Entry("opt/a/b/readme", sources / "readme", owner=107)]))
    assert list(found) == ["opt", "opt/a", "opt/a/b", "opt/a/b/readme"]
    assert (found["opt/a/b"].uid, found["opt/a/b/readme"].uid) == (0, 107)


def test_a_descriptor_says_what_is_packed_and_what_is_inside(tmp_path: Path, sources: Path) -> None:
    one = layer(tmp_path, "one", oci.tree(sources))
    descriptor = json.loads((one / "descriptor.json").read_text())
    unpacked = subprocess.run(["zstd", "-dcq", one / "blob"], capture_output=True, check=True).stdout
    assert descriptor["digest"] == f"sha256:{hashlib.sha256((one / 'blob').read_bytes()).hexdigest()}"
    assert descriptor["diffID"] == f"sha256:{hashlib.sha256(unpacked).hexdigest()}"
    assert descriptor["size"] == (one / "blob").stat().st_size


def test_a_layout_leads_from_the_index_to_every_blob(tmp_path: Path, sources: Path) -> None:
    layers = [layer(tmp_path, "base", oci.tree(sources)), layer(tmp_path, "top", [Entry("more")])]
    out = tmp_path / "layout"
    out.mkdir()
    oci.write_layout(out, layers, {"Entrypoint": ["/usr/bin/program"], "User": "65532"})
    manifest = blob(out, json.loads((out / "index.json").read_text())["manifests"][0])
    config = blob(out, manifest["config"])
    assert config["config"] == {"Entrypoint": ["/usr/bin/program"], "User": "65532"}
    assert [one["digest"] for one in manifest["layers"]] == [digest(one) for one in layers]
    assert len(config["rootfs"]["diff_ids"]) == 2
    assert all((out / "blobs/sha256" / one["digest"].removeprefix("sha256:")).is_file() for one in manifest["layers"])


def digest(layer: Path) -> str:
    return str(json.loads((layer / "descriptor.json").read_text())["digest"])


def blob(layout: Path, descriptor: dict[str, Any]) -> Any:
    data = (layout / "blobs/sha256" / descriptor["digest"].removeprefix("sha256:")).read_bytes()
    assert descriptor["size"] == len(data)
    assert descriptor["digest"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
    return json.loads(data)
