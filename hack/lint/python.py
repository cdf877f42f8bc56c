"""The functions of a Python module."""

import ast
from collections.abc import Iterator

from lint.function import Function

Def = ast.FunctionDef | ast.AsyncFunctionDef


def functions(text: str) -> list[Function]:
    """All of them: methods, and functions in functions, too."""
    return list(_below(ast.parse(text), in_class=False))


def _below(parent: ast.AST, in_class: bool) -> Iterator[Function]:
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, Def):
            yield _measure(node, in_class)
        inside_class = isinstance(node, ast.ClassDef) or (in_class and not isinstance(node, Def))
        yield from _below(node, inside_class)


def _measure(node: Def, in_class: bool) -> Function:
    return Function(
        name=node.name,
        line=node.lineno,
        lines=(node.end_lineno or node.lineno) - node.lineno + 1 - _docstring_lines(node),
        parameters=_parameters(node, in_class),
        doc=ast.get_docstring(node) or "",
    )


def _docstring_lines(node: Def) -> int:
    first = node.body[0]
    if ast.get_docstring(node) is None or first.end_lineno is None:
        return 0
    return first.end_lineno - first.lineno + 1


def _parameters(node: Def, in_class: bool) -> int:
    arguments = node.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    bound = in_class and not any(isinstance(one, ast.Name) and one.id == "staticmethod" for one in node.decorator_list)
    return len(named) + sum(one is not None for one in (arguments.vararg, arguments.kwarg)) - int(bound and bool(named))
