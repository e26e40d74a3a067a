#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""Paths: what a method and a path stand for."""

import collections.abc as abc
import re
import typing as tp

from exordos_mail.send.api.problem import Problem

T = tp.TypeVar("T")
_PARAMETER = re.compile(r"\{(\w+)\}")


class Paths(tp.Generic[T]):
    """Finds by a method and a path, of which parts may be parameters."""

    def __init__(self, rows: abc.Iterable[tuple[str, str, T]]) -> None:
        """Make it.

        Args:
            rows: method, path as `/v1/keys/{key}`, and what they stand for.
        """
        self._exact: dict[str, dict[str, T]] = {}
        patterns: dict[str, dict[str, T]] = {}
        for method, path, found in rows:
            table = patterns if _PARAMETER.search(path) else self._exact
            methods = table.setdefault(path, {})
            methods[method] = found
            if method == "GET":
                methods["HEAD"] = found
        self._patterns = [
            (re.compile(_PARAMETER.sub(r"(?P<\1>[^/]+)", path)), methods)
            for path, methods in patterns.items()
        ]

    def find(self, method: str, path: str) -> tuple[T, dict[str, str]]:
        """Return what is there, and the path's parameters by their names.

        Raises:
            Problem: 404, no such path; 405, no such method there, with those that are.
        """
        exact = self._exact.get(path, {})
        if method in exact:
            return exact[method], {}
        allowed = set(exact)
        for pattern, methods in self._patterns:
            if found := pattern.fullmatch(path):
                if method in methods:
                    return methods[method], found.groupdict()
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
