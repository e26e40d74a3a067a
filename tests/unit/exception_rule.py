# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The rule that an exception object is made where it is raised.

An object that lives as long as its module, and is raised again and again, keeps each
traceback with all frames: tokens, requests and connections are never freed. So no
exception object is made while a module is imported, and none is raised that is kept in
an attribute or in a variable of a module.
"""

import ast
import builtins
import collections.abc as abc
import pathlib
import typing as tp

_BUILTIN = {
    name
    for name, found in vars(builtins).items()
    if isinstance(found, type) and issubclass(found, BaseException)
}
#: Classes of others are known by their names.
_SUFFIXES = ("Error", "Exception", "Warning")
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Names = dict[str, list[ast.expr | None]]


def last_name(node: ast.expr | None) -> str:
    """Return `c` of `a.b.c`, of a subscript and of a quoted annotation of it."""
    if isinstance(node, ast.Subscript):
        return last_name(node.value)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.rpartition(".")[2]
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


class Rule:
    """Knows the exception classes of some sources, and finds what breaks the rule."""

    def __init__(self, sources: abc.Iterable[tuple[str, str]]) -> None:
        """Read them.

        Args:
            sources: name and text of each.
        """
        self._trees = [(name, ast.parse(text)) for name, text in sources]
        self._classes = set(_BUILTIN)
        nodes = [node for _, tree in self._trees for node in ast.walk(tree)]
        classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
        before = 0
        while before != len(self._classes):
            before = len(self._classes)
            self._classes |= {
                one.name for one in classes if any(map(self._is_class, one.bases))
            }
        #: What returns an exception makes one, as its class does.
        self._makers = {
            node.name
            for node in nodes
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and self._is_class(node.returns)
        }

    def made(self) -> list[str]:
        """Return `file:line: what` for each object that an import makes."""
        return self._places(self._made)

    def raised(self) -> list[str]:
        """Return `file:line: what` for each raised object that is kept."""
        return self._places(self._raised)

    def _places(
        self, find: tp.Callable[[ast.Module], tp.Iterator[tuple[int, str]]]
    ) -> list[str]:
        return [
            f"{name}:{line}: {text}"
            for name, tree in self._trees
            for line, text in find(tree)
        ]

    def _is_class(self, node: ast.expr | None) -> bool:
        name = last_name(node)
        return name in self._classes or name.endswith(_SUFFIXES)

    def _made(self, tree: ast.Module) -> tp.Iterator[tuple[int, str]]:
        """Find exception objects that are made by an import."""
        for node in _at_import(tree):
            if isinstance(node, ast.Call) and (
                self._is_class(node.func) or last_name(node.func) in self._makers
            ):
                yield node.lineno, f"`{ast.unparse(node)}` is made once: make it anew"

    def _raised(self, tree: ast.Module) -> tp.Iterator[tuple[int, str]]:
        """Find raised objects that outlive the call."""
        for functions, node in _inside(tree, ()):
            for one in _given(node):
                local = _bound(functions)
                if not self._is_new(one, local, frozenset()):
                    yield one.lineno, f"`{ast.unparse(one)}` is kept: raise a new one"

    def _is_new(self, node: ast.expr, local: _Names, seen: frozenset[str]) -> bool:
        if isinstance(node, ast.Name) and node.id in local and node.id not in seen:
            return all(
                value is None or self._is_new(value, local, seen | {node.id})
                for value in local[node.id]
            )
        if isinstance(node, ast.IfExp):
            return all(
                self._is_new(one, local, seen) for one in (node.body, node.orelse)
            )
        if isinstance(node, ast.BoolOp):
            return all(self._is_new(one, local, seen) for one in node.values)
        if isinstance(node, ast.Name | ast.Attribute):
            return self._is_class(node)
        return not isinstance(node, ast.Subscript)


def _at_import(node: ast.AST) -> tp.Iterator[ast.AST]:
    """Yield what is run by an import: no bodies of functions, but their defaults."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Function):
            arguments = child.args
            run = [*arguments.defaults, *filter(None, arguments.kw_defaults)]
            run += getattr(child, "decorator_list", [])
            for one in run:
                yield one
                yield from _at_import(one)
        elif not isinstance(child, ast.Raise):
            yield child
            yield from _at_import(child)


def _given(node: ast.AST) -> list[ast.expr]:
    """Return the exception objects that a node raises."""
    given: list[ast.expr | None] = []
    if isinstance(node, ast.Raise):
        given = [node.exc, node.cause]
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("set_exception", "throw")
    ):
        given = [*node.args]
    return [one for one in given if one is not None]


def _inside(
    node: ast.AST, functions: tuple[_Function, ...]
) -> tp.Iterator[tuple[tuple[_Function, ...], ast.AST]]:
    """Yield every statement and call with the functions that it is in."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Raise | ast.Call):
            yield functions, child
        inner = (*functions, child) if isinstance(child, _Function) else functions
        yield from _inside(child, inner)


def _bound(functions: tuple[_Function, ...]) -> _Names:
    """Return what functions bind: values by name; None: whatever comes in."""
    found: _Names = {}
    for one in functions:
        arguments = one.args
        names = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        for name in names:
            found[name.arg] = [None]
    # The outermost has the others inside of it.
    nodes = ast.walk(functions[0]) if functions else iter(())
    for node in nodes:
        if isinstance(node, ast.ExceptHandler | ast.MatchAs) and node.name:
            found.setdefault(node.name, []).append(None)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                _bind(found, target, node.value)
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
            _bind(found, node.target, node.value)
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            _bind(found, node.target, None)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            _bind(found, node.optional_vars, None)
    return found


def _bind(found: _Names, target: ast.expr, value: ast.expr | None) -> None:
    if isinstance(target, ast.Tuple | ast.List):
        for one in target.elts:
            _bind(found, one, None)
    elif isinstance(target, ast.Name):
        found.setdefault(target.id, []).append(value)


def of_directory(*directories: pathlib.Path) -> Rule:
    """Return the rule for all Python files below some directories."""
    return Rule(
        (str(file), file.read_text())
        for directory in directories
        for file in sorted(directory.rglob("*.py"))
    )
