# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Receivers: one POST to a tenant's URL, and what comes back."""

import asyncio
import ssl
import typing as tp

import httpcore
import httpx

from exordos_mail.send.attachments import url
from exordos_mail.send.attachments.connect import Resolver, SystemResolver, pool
from exordos_mail.send.attachments.failures import Failure
from exordos_mail.send.attachments.policy import Policy

#: Bytes of an answer that are read: a receiver has little to say.
_ANSWER_MAX = 64 * 1024
_AGENT = "exordos-mail-send"


class Unreachable(Exception):
    """No answer came; the text has the host's name, and no other part of the URL."""


class Answer(tp.NamedTuple):
    """What a receiver said."""

    status: int
    #: The field `Retry-After`, as it came.
    retry_after: str | None
    #: Its first _ANSWER_MAX bytes.
    body: bytes


class Receivers:
    """Asks the receivers that the operator's policy permits.

    The address that is judged is the one that is connected to (connect.py). No
    redirect is followed.
    """

    def __init__(
        self,
        policy: Policy,
        timeout: float,
        resolve: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Make the connections' pool.

        Args:
            timeout: seconds for a whole exchange.
            resolve: gives the addresses of a host; by default the system does.
            tls: for https; by default the usual authorities are trusted.
        """
        self._policy = policy
        self._timeout = timeout
        self._pool = pool(policy, resolve or SystemResolver(), tls)

    async def post(self, address: str, headers: dict[str, str], body: bytes) -> Answer:
        """Send a body and return the answer.

        Raises:
            Unreachable: there is none.
        """
        try:
            target = url.parse(address, self._policy)
        except Failure as error:
            raise Unreachable(error.reason) from None
        who = url.name(target)
        try:
            # The time of each step is bounded by the time of the whole.
            return await asyncio.wait_for(
                self._post(target, headers, body), self._timeout
            )
        except Failure as error:
            raise Unreachable(error.reason) from None
        except (asyncio.TimeoutError, httpcore.TimeoutException):
            raise Unreachable(f"{who} does not answer in time") from None
        except (httpcore.NetworkError, httpcore.ProtocolError):
            raise Unreachable(f"the connection to {who} failed") from None

    async def close(self) -> None:
        """End every connection."""
        await self._pool.aclose()

    async def _post(
        self, target: httpx.URL, headers: dict[str, str], body: bytes
    ) -> Answer:
        fields = {
            "host": target.netloc.decode("ascii"),
            "content-type": "application/json",
            "user-agent": _AGENT,
            "accept-encoding": "identity",
            **headers,
        }
        async with self._pool.stream(
            "POST", url.target(target), headers=list(fields.items()), content=body
        ) as response:
            answer = httpx.Headers(response.headers)
            found = bytearray()
            async for chunk in response.aiter_stream():
                found += chunk
                if len(found) >= _ANSWER_MAX:
                    break
            return Answer(
                response.status, answer.get("retry-after"), bytes(found[:_ANSWER_MAX])
            )
