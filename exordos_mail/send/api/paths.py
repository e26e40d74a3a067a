# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Paths: what a method and a path stand for."""

import collections.abc as abc
import re
import typing as tp
import urllib.parse

from exordos_mail.send.api.problem import Problem

T = tp.TypeVar("T")
_PARAMETER = re.compile(r"\{(\w+)\}")
# What would end a part, or begin an escape, in a path that is written decoded.
_IN_PART = str.maketrans({"/": "%2F", "?": "%3F", "#": "%23", "\\": "%5C", "%": "%25"})


def parts(path: str) -> list[str]:
    """Return the decoded parts of a path as it stands in a request.

    The slashes are those of the request: an encoded one (`%2F`) is a part of a name
    (RFC 3986 section 2.2), because an id may hold it.

    Raises:
        Problem: 400, the path is not UTF-8.
    """
    if "%" not in path:
        return path.split("/")
    try:
        return [
            urllib.parse.unquote_to_bytes(part).decode() for part in path.split("/")
        ]
    except UnicodeDecodeError:
        raise Problem(
            400, "bad_path", "the path is not UTF-8: %FF or the like is in it"
        ) from None


def written(path: str) -> str:
    """Return a path in the one form in which it can be read and called again.

    Raises:
        Problem: 400, the path is not UTF-8.
    """
    return "/".join(part.translate(_IN_PART) for part in parts(path))


class Paths(tp.Generic[T]):
    """Finds by a method and a path, of which parts may be parameters."""

    def __init__(self, rows: abc.Iterable[tuple[str, str, T]]) -> None:
        """Make it.

        Args:
            rows: method, path as `/v1/keys/{key}`, and what they stand for.
        """
        self._exact: dict[str, dict[str, T]] = {}
        self._patterns: dict[tuple[str, ...], dict[str, T]] = {}
        for method, path, found in rows:
            if _PARAMETER.search(path):
                methods = self._patterns.setdefault(tuple(path.split("/")), {})
            else:
                methods = self._exact.setdefault(path, {})
            methods[method] = found
            if method == "GET":
                methods["HEAD"] = found

    def find(self, method: str, path: str) -> tuple[T, dict[str, str]]:
        """Return what is there, and the path's parameters by their names.

        Args:
            path: as it stands in the request, with its escapes.

        Raises:
            Problem: 400, the path is not UTF-8; 404, no such path; 405, no such
                method there, with those that are.
        """
        exact = self._exact.get(path, {})
        if method in exact:
            return exact[method], {}
        given = parts(path)
        if "%" in path and not any("/" in part for part in given):
            exact = self._exact.get("/".join(given), {})
            if method in exact:
                return exact[method], {}
        allowed = set(exact)
        for pattern, methods in self._patterns.items():
            parameters = _matched(pattern, given)
            if parameters is not None:
                if method in methods:
                    return methods[method], parameters
                allowed |= set(methods)
        if not allowed:
            raise Problem(404, "not_found", "there is no such path")
        # RFC 9110 section 15.5.6.
        names = ", ".join(sorted(allowed))
        raise Problem(
            405,
            "method_not_allowed",
            f"this path takes {names}",
            headers={"Allow": names},
        )


def _matched(
    pattern: abc.Sequence[str], given: abc.Sequence[str]
) -> dict[str, str] | None:
    """Return the parameters in the parts of a path; None: it is another path."""
    if len(pattern) != len(given):
        return None
    found: dict[str, str] = {}
    for wanted, part in zip(pattern, given, strict=True):
        if wanted.startswith("{"):
            if not part:
                return None
            found[wanted[1:-1]] = part
        elif wanted != part:
            return None
    return found
