# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The control plane's API as commands use it."""

import functools
import types
import typing as tp
import urllib.parse

from exordos_mail.cli import addresses, contexts, login
from exordos_mail.cli.connection import Answer, Connection, Query, content
from exordos_mail.standards.program import Failure

if tp.TYPE_CHECKING:
    import httpx

#: Rows of one call, the API's most.
_PAGE = 1000
_MARKER = "X-Pagination-Marker"
_ALL: Query = types.MappingProxyType({})


class ControlPlane:
    """Calls in the name of a user."""

    #: What every path is below of.
    ROOT = "/v1/types/mail"

    def __init__(
        self,
        context: contexts.Context,
        renewed: tp.Callable[[contexts.Context], None],
    ) -> None:
        """Make it.

        Args:
            context: of an instance, or of the platform.
            renewed: keeps the context, whose tokens are new.
        """
        self._context = context
        self._instance = tp.cast(contexts.Instance, context.instance)
        self._renewed = renewed

    @functools.cached_property
    def _connection(self) -> Connection:
        # Made when it is needed: commands about messages do without.
        return Connection(self._context.url, self._context.token)

    def call(
        self, method: str, path: str, query: Query | None = None, body: object = None
    ) -> Answer:
        """Make a call and return the answer; empty: it has no content.

        Args:
            path: below ROOT.

        Raises:
            Failure: it was refused, or there is no answer.
        """
        return content(self._request(method, path, query, body), Answer)

    def rows(
        self, path: str, filters: Query = _ALL, most: int | None = None
    ) -> list[Answer]:
        """Return a collection, of however many parts; or no more than `most`."""
        rows: list[Answer] = []
        marker: str | None = None
        while True:
            page = _PAGE if most is None else min(_PAGE, most - len(rows))
            query = {**filters, "page_limit": page, "page_marker": marker}
            answer = self._request("GET", path, query)
            rows += content(answer, list)
            marker = answer.headers.get(_MARKER)
            if marker is None or len(rows) == most:
                return rows

    def _request(
        self, method: str, path: str, query: Query | None, body: object = None
    ) -> "httpx.Response":
        answer = self._connection.request(method, self.ROOT + path, query, body)
        if answer.status_code == 401 and self._instance.login is not None:
            self._log_in(self._instance.login)
            answer = self._connection.request(method, self.ROOT + path, query, body)
        return answer

    def _log_in(self, how: contexts.Login) -> None:
        found = login.tokens(how)
        how.refresh_token = found.refresh or how.refresh_token
        self._context.token = found.access
        self._connection.use(found.access)
        self._renewed(self._context)


def address(given: str) -> str:
    """Return the platform's address, or its control plane's; it may have a path.

    Raises:
        Failure: it is none.
    """
    parts = addresses.parts(given)
    if parts is None:
        raise Failure("the platform's address is http(s)://host[:port][/path]")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def behind(platform: str) -> str:
    """Return where a platform has the control plane of its services."""
    parts = urllib.parse.urlsplit(platform)
    return f"{parts.scheme}://{parts.netloc}/api/metapaas"
