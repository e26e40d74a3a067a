# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Servers that a tenant has named: only public addresses are connected to."""

import asyncio
import collections.abc as abc
import ipaddress
import typing as tp

import pytest

from exordos_mail.send.attachments.connect import Guard
from exordos_mail.send.attachments.policy import Policy
from exordos_mail.send.smtp.connection import connect
from exordos_mail.send.smtp.server import CannotOpen, Server


def outcome(public_only: bool, policy: Policy, *resolved: str) -> tuple[str, int]:
    """Return why no connection is made, and how many the server has seen."""

    async def resolve(host: str, port: int) -> list[str]:
        return list(resolved)

    async def ask() -> tuple[str, int]:
        seen = 0

        def answer(_: object, writer: asyncio.StreamWriter) -> None:
            nonlocal seen
            seen += 1
            writer.write(b"554 not you\r\n")
            writer.close()

        listener = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        server = Server(
            "localhost", port, "none", True, None, None, 5, public_only=public_only
        )
        async with listener:
            with pytest.raises(CannotOpen) as caught:
                await connect(server, Guard(policy, resolve))
        return caught.value.reason, seen

    return asyncio.run(ask())


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "::1",
        "::ffff:127.0.0.1",
        "fe80::1%lo",
    ],
)
def test_name_of_a_private_address_is_not_connected_to(address: str) -> None:
    assert outcome(True, Policy(), address) == ("address_not_allowed", 0)


def test_addresses_that_are_allowed_are_connected_to() -> None:
    allowed = Policy(networks=(ipaddress.ip_network("127.0.0.0/8"),))
    # The first is not allowed, the second does not listen.
    found = outcome(True, allowed, "10.0.0.1", "127.9.9.9", "127.0.0.1")
    assert found == ("greeting_refused", 1)


def test_server_of_the_admin_is_not_judged() -> None:
    assert outcome(False, Policy(), "10.0.0.1") == ("greeting_refused", 1)


@pytest.mark.parametrize("error", [OSError(), UnicodeError()])
def test_name_that_does_not_exist_is_tried_again_later(error: Exception) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise error

    reasons = run(resolve)
    assert reasons == "connect_failed"


def run(resolve: abc.Callable[[str, int], abc.Awaitable[list[str]]]) -> tp.Any:
    server = Server("mx.example", 25, "none", True, None, None, 5, public_only=True)
    with pytest.raises(CannotOpen) as caught:
        asyncio.run(connect(server, Guard(Policy(), resolve)))
    return caught.value.reason
