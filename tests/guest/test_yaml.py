"""What the guest understands of YAML, against PyYAML; and what it says that it does not."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

PROGRAM = Path(__file__).parents[2] / "hack/cloud/guest/root/lib/guest/yaml.awk"

UNDERSTOOD = {
    "maps and lists": """
        a: 1
        b:
          c: x y
          d:
            - e
            - f: g
              h: i
        j:
        - k
        - - l
          - m
        n:
        """,
    "quotes and comments": r"""
        # a comment
        a: 'it''s'   # another
        b: "tab\tline\n\"quoted\" back\\slash"
        'q k': "a # b"
        c: x#y
        url: http://host:80/path
        """,
    "blocks of text": r"""
        literal: |
          one
            two \n

          four
        stripped: |-
          one
        kept: |+
          one

        folded: >
          one
          two

          three
        list:
          - |
            a
            b
          - c
        """,
    "brackets": """
        a: [x, "y, z", 'it''s', [1, 2], {b: c, "d": e}]
        f: {g: h,
            i: [j,
                k]}
        l: []
        m: http://a/[b]
        """,
    "JSON": '{"instance-id": "web-1.shop", "local-hostname": "web-1", "list": ["a", {"b": "c"}]}',
    "a beginning of a document": """
        ---
        a: b
        """,
}
STRANGE = {
    "an anchor": ("a: &x b", "a: &x b"),
    "a tag": ("a: !!binary eA==", "a: !!binary eA=="),
    "a second document": ("a: b\n---\nc: d", "---"),
    "text over two lines": ("a: b\n   c", "c"),
    "a bracket that stays open": ("a: [b, c", "a: [b, c"),
    "a quote that stays open": ('a: "b', 'a: "b'),
    "no YAML at all": ("hello", "hello"),
}


@pytest.mark.parametrize("text", UNDERSTOOD.values(), ids=UNDERSTOOD)
def test_understood(text: str) -> None:
    text = _dedent(text)
    assert _flat(text) == _leaves(yaml.load(text, yaml.BaseLoader), "")


@pytest.mark.parametrize(("text", "line"), STRANGE.values(), ids=STRANGE)
def test_not_understood_and_said(text: str, line: str) -> None:
    assert ("!", line) in _flat(text)


def _dedent(text: str) -> str:
    return "\n".join(line.removeprefix(" " * 8) for line in text.strip("\n").splitlines()) + "\n"


def _flat(text: str) -> list[tuple[str, str]]:
    printed = subprocess.run(["awk", "-f", PROGRAM], input=text, capture_output=True, text=True, check=True).stdout
    lines = [line.partition("\t") for line in printed.splitlines()]
    return [(path, value.encode().decode("unicode_escape") if path != "!" else value) for path, _, value in lines]


def _leaves(node: Any, path: str) -> list[tuple[str, str]]:
    """The leaves of what PyYAML read, as the guest's lines."""
    if isinstance(node, str):
        return [(path, node)]
    items = node.items() if isinstance(node, dict) else enumerate(node)
    return [leaf for key, value in items for leaf in _leaves(value, f"{path}.{key}" if path else str(key))]
