# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The service's API as commands use it."""

import urllib.parse

from exordos_mail.cli.connection import Answer, Connection, Query, content
from exordos_mail.cli.contexts import Context

#: Rows of one call, of API's most.
_PAGE = 500


class Api:
    """Calls in the name of a token."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.tenant = context.tenant
        self._connection = Connection(context.url, context.token, context.trust)

    def call(
        self,
        method: str,
        path: str,
        query: Query | None = None,
        body: object = None,
        of_tenant: bool = True,
        mail: bytes | None = None,
    ) -> Answer:
        """Make a call and return the answer; empty: it has no content.

        Args:
            of_tenant: the call is about one tenant, which the path does not name.
            mail: a whole message, instead of a body.

        Raises:
            Failure: it was refused, or there is no answer.
        """
        tenant = {"tenant": self.tenant} if of_tenant else {}
        query = {**tenant, **(query or {})}
        headers = None if mail is None else {"Content-Type": "message/rfc822"}
        answer = self._connection.request(
            method, path, query, body, headers=headers, content=mail
        )
        return content(answer, Answer)

    def pages(
        self,
        path: str,
        member: str,
        query: Query | None = None,
        most: int | None = None,
        cursor: str = "after",
        of_tenant: bool = True,
    ) -> list[Answer]:
        """Return a list, of however many parts.

        Args:
            member: of an answer, with the rows.
            most: rows; None: all.
            cursor: the parameter that `next` is for.
        """
        rows: list[Answer] = []
        following = None
        while most is None or len(rows) < most:
            limit = _PAGE if most is None else min(_PAGE, most - len(rows))
            wanted = {**(query or {}), "limit": limit, cursor: following}
            found = self.call("GET", path, wanted, of_tenant=of_tenant)
            rows += found[member]
            following = found["next"]
            if following is None:
                break
        return rows


def part(given: str) -> str:
    """Return a name as a part of a path."""
    return urllib.parse.quote(given, safe="")
