# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Attachments by HTTP."""

import base64
import dataclasses
import ssl
import time
import uuid

import httpcore
import httpx

from exordos_mail.send.attachments import answers, url
from exordos_mail.send.attachments.body import Body
from exordos_mail.send.attachments.connect import Resolver, pool
from exordos_mail.send.attachments.context import Limits
from exordos_mail.send.attachments.failures import PermanentFailure, TemporaryFailure
from exordos_mail.send.attachments.policy import Policy
from exordos_mail.send.attachments.reference import NO_AUTH, Auth
from exordos_mail.send.attachments.signature import CannotSign, Signature

_REDIRECTS = {301, 302, 303, 307, 308}
#: Redirects that keep method and body (RFC 9110 sections 15.4.8 and 15.4.9).
_KEEPING = {307, 308}


@dataclasses.dataclass(frozen=True)
class Request:
    """What is asked."""

    method: str
    url: httpx.URL = dataclasses.field(repr=False)
    auth: Auth | Signature = NO_AUTH
    #: JSON.
    body: bytes | None = dataclasses.field(default=None, repr=False)

    def headers(self) -> dict[str, str]:
        """Return the header fields of one attempt.

        Raises:
            TemporaryFailure: the secret cannot be used.
        """
        fields = {
            "Host": self.url.netloc.decode("ascii"),
            "Accept": "*/*",
            "Accept-Encoding": "identity",
        }
        if self.body is not None:
            fields["Content-Type"] = "application/json"
        if isinstance(self.auth, Signature):
            fields |= _signed(self.auth, self.body or b"")
        elif self.auth.method == "basic":
            pair = f"{self.auth.user}:{self.auth.password}".encode()
            fields["Authorization"] = "Basic " + base64.b64encode(pair).decode()
        elif self.auth.method == "bearer":
            fields["Authorization"] = f"Bearer {self.auth.token}"
        return fields

    def follow(self, status: int, target: httpx.URL) -> "Request":
        """Return the request to make after a redirect.

        Credentials stay with the server that they are for (RFC 9110 section
        15.4); once left out they do not come back.
        """
        same = url.origin(target) == url.origin(self.url)
        auth = self.auth if same else NO_AUTH
        if status in _KEEPING:
            return Request(self.method, target, auth, self.body)
        return Request("GET", target, auth)


def _signed(signature: Signature, body: bytes) -> dict[str, str]:
    request_id, now = f"att_{uuid.uuid4().hex}", time.time_ns() // 1_000_000
    try:
        return signature.headers(request_id, body, now)
    except CannotSign:
        # An operator can put it right.
        raise TemporaryFailure("the secret of callback_auth cannot be used") from None


class Web:
    """Asks web servers that the policy permits."""

    def __init__(
        self, policy: Policy, resolve: Resolver, tls: ssl.SSLContext | None = None
    ) -> None:
        self._policy = policy
        self._pool = pool(policy, resolve, tls)

    async def read(self, request: Request, limits: Limits) -> bytes:
        """Return the body of the answer, after redirects.

        Raises:
            PermanentFailure, TemporaryFailure: there is none.
        """
        for _ in range(limits.redirects + 1):
            answer = await self._ask(request, limits)
            if isinstance(answer, bytes):
                return answer
            request = answer
        raise PermanentFailure(f"more than {limits.redirects} redirects")

    async def _ask(self, request: Request, limits: Limits) -> bytes | Request:
        who = url.name(request.url)
        try:
            async with self._pool.stream(
                request.method,
                url.target(request.url),
                headers=list(request.headers().items()),
                content=request.body,
                extensions={"timeout": _timeouts(limits)},
            ) as response:
                return await self._take(request, response, limits)
        except httpcore.TimeoutException:
            raise TemporaryFailure(f"{who} does not answer in time") from None
        except (httpcore.NetworkError, httpcore.ProtocolError):
            raise TemporaryFailure(f"the connection to {who} failed") from None

    async def _take(
        self, request: Request, response: httpcore.Response, limits: Limits
    ) -> bytes | Request:
        headers = httpx.Headers(response.headers)
        if response.status in _REDIRECTS and "location" in headers:
            target = url.join(request.url, headers["location"], self._policy)
            return request.follow(response.status, target)
        if response.status != 200:
            who = url.name(request.url)
            raise answers.failure(who, response.status, headers.get("retry-after"))
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length[:18]) > limits.each_bytes:
            raise PermanentFailure(f"larger than {limits.each_bytes} bytes")
        body = Body(headers.get("content-encoding", ""), limits.each_bytes)
        async for chunk in response.aiter_stream():
            body.add(chunk)
        return body.whole()

    async def close(self) -> None:
        """End every connection."""
        await self._pool.aclose()


def _timeouts(limits: Limits) -> dict[str, float]:
    return {
        "connect": limits.connect_seconds,
        "read": limits.read_seconds,
        "write": limits.read_seconds,
        "pool": limits.connect_seconds,
    }
