"""The sizes that `make lint` keeps to, shown with small bad inputs."""

from pathlib import Path
from textwrap import dedent

import pytest

from lint import golang, python
from lint.sizes import judge, measure


def lines(count: int) -> str:
    return "    pass\n" * count


def said(text: str) -> list[str]:
    return list(judge(text, python.functions(text)))


def test_a_function_of_the_greatest_length_passes() -> None:
    assert said("def right():\n" + lines(59)) == []


def test_a_longer_function_is_named() -> None:
    assert said("def long():\n" + lines(60)) == [
        ":1: long has 61 lines; at most 60, or say `Long because ...` in its doc"
    ]


def test_a_reason_in_the_docstring_is_accepted_and_a_docstring_does_not_count() -> None:
    doc = '    """Does it.\n\n    Long because it is a table.\n    """\n'
    assert said("def long():\n" + doc + lines(60)) == []
    assert said("def right():\n" + '    """Does\n    it.\n    """\n' + lines(59)) == []
    assert said("def long():\n" + '    """Does it. Long because\n    """\n' + lines(60)) != []


def test_functions_are_found_wherever_they_stand() -> None:
    text = dedent("""
        class A:
            async def method(self, a, *, b):
                def inner(self): ...

            if True:
                @staticmethod
                def static(a): ...

        def outer(a, /, *args, **kwargs): ...
    """)
    assert {one.name: one.parameters for one in python.functions(text)} == {
        "method": 2,
        "inner": 1,
        "static": 1,
        "outer": 3,
    }


def test_too_many_parameters_are_named() -> None:
    assert said("def f(a, b, c, d, e, f): ...\n") == []
    assert said("def f(a, b, c, d, e, f, *, g): ...\n") == [":1: f has 7 parameters; at most 6"]


def test_a_file_that_is_too_long_is_named() -> None:
    assert said("pass\n" * 500) == []
    assert said("pass\n" * 501) == [":1: the file has 501 lines; at most 500"]


GO = """package a

// Plain does nothing.
func Plain() {
}

func (s *Server) Method(ctx context.Context, handle func(a, b int) error, names ...string) (string, error) {
\treturn "", nil
}

func Generic[T any](
\tone T,
\ttwo map[string]T,
) T {
\treturn one
}

func short() { return }
"""


def test_the_functions_of_go_are_measured_too() -> None:
    found = {one.name: (one.line, one.lines, one.parameters) for one in golang.functions(GO)}
    assert found == {"Plain": (4, 2, 0), "Method": (7, 3, 3), "Generic": (11, 6, 2), "short": (18, 1, 0)}


@pytest.mark.parametrize(("comment", "count"), [("", 1), ("// Serve is a table.\n// Long because it is one.\n", 0)])
def test_a_long_function_of_go_is_named_unless_its_comment_has_a_reason(comment: str, count: int) -> None:
    text = f"package a\n\n{comment}func serve() {{\n" + "\tdo()\n" * 60 + "}\n"
    assert len(list(judge(text, golang.functions(text)))) == count


def test_a_folder_is_measured_with_its_medians(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code/a.py").write_text("def a():\n" + lines(4))
    (tmp_path / "code/b.py").write_text("def b():\n" + lines(70))
    measured = measure(tmp_path, "code")
    assert str(measured) == (
        "code: 2 files, 38 lines in the middle; 2 functions, 38 in the middle, 71 at 90 %, 71 the longest (b)"
    )
    assert measured.over == ["code/b.py:1: b has 71 lines; at most 60, or say `Long because ...` in its doc"]
