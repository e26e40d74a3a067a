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

"""The service's API as commands use it."""

import ipaddress
import json
import typing as tp
import urllib.parse

import httpx

from exordos_mail.send.cli import failure
from exordos_mail.send.cli.contexts import Target
from exordos_mail.send.cli.failure import Failure, Unavailable

_TIMEOUT = httpx.Timeout(60, connect=10)
#: Rows of one call, of API's most.
_PAGE = 500


class Answer(dict[str, tp.Any]):
    """A JSON object of the service."""

    def __missing__(self, name: str) -> tp.NoReturn:
        raise _stranger()


class Api:
    """Calls in the name of a token."""

    def __init__(self, target: Target, token: str) -> None:
        self.url = target.url
        self.tenant = target.tenant
        if target.url.startswith("http:") and not _is_near(target.url):
            failure.report(f"warning: {target.url} is not https: others can read along")
        # No redirect is followed: the token is for this address.
        try:
            self._http = httpx.Client(
                base_url=target.url,
                headers={"Authorization": f"Bearer {token}"},
                timeout=_TIMEOUT,
            )
        except (ImportError, ValueError):
            # Not repeated: a proxy's address may have a password in it.
            raise Failure("the environment names a proxy that cannot be used") from None

    def _request(
        self,
        method: str,
        path: str,
        query: tp.Mapping[str, tp.Any] | None = None,
        body: object = None,
    ) -> httpx.Response:
        """Make a call, whatever the answer is.

        Raises:
            Failure: there is none.
        """
        given = {name: one for name, one in (query or {}).items() if one is not None}
        try:
            return self._http.request(
                method,
                path,
                # None when empty: it would replace the query of the path.
                params=given or None,
                json=body,
            )
        except httpx.TimeoutException:
            why = "it does not answer in time"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = str(error)
        raise Unavailable(f"cannot reach {self.url}: {why}")

    def call(
        self,
        method: str,
        path: str,
        query: tp.Mapping[str, tp.Any] | None = None,
        body: object = None,
        of_tenant: bool = True,
    ) -> Answer:
        """Make a call and return the answer; empty: it has no content.

        Args:
            of_tenant: the call is about one tenant, which the path does not name.

        Raises:
            Failure: it was refused, or there is no answer.
        """
        tenant = {"tenant": self.tenant} if of_tenant else {}
        answer = self._request(method, path, {**tenant, **(query or {})}, body)
        if not answer.is_success:
            raise failure.of_answer(answer.status_code, answer.content)
        return _decoded(answer.content)

    def pages(
        self,
        path: str,
        member: str,
        query: tp.Mapping[str, tp.Any] | None = None,
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


def _decoded(body: bytes) -> Answer:
    if not body:
        return Answer()
    try:
        found = json.loads(body, object_hook=Answer)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, Answer):
        raise _stranger()
    return found


def _stranger() -> Failure:
    return Failure("the answer is not the send service's")


def _is_near(url: str) -> bool:
    host = urllib.parse.urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
