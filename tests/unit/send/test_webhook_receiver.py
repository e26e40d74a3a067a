# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Receivers by name: where a name leads to is judged when it is connected to."""

import asyncio
import collections.abc as abc

import pytest

from exordos_mail.send.attachments.policy import Policy
from exordos_mail.send.webhooks.receiver import Receivers, Unreachable


def reason(
    url: str, resolve: abc.Callable[[str, int], abc.Awaitable[list[str]]]
) -> str:
    async def ask() -> str:
        receivers = Receivers(Policy(), 5, resolve)
        try:
            await receivers.post(url, {}, b"{}")
        except Unreachable as error:
            return str(error)
        finally:
            await receivers.close()
        raise AssertionError("it was reached")

    return asyncio.run(ask())


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"]
)
def test_name_of_a_private_address_is_not_reached(address: str) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return [address]

    found = reason("http://hooks.example.com/path?key=s3cret", resolve)
    assert found == "hooks.example.com has no public address"


def test_name_that_does_not_exist() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise OSError

    found = reason("https://hooks.example.com/path?key=s3cret", resolve)
    assert found == "hooks.example.com cannot be resolved"


def test_name_server_that_hangs_ends_with_the_time_of_the_whole() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        raise AssertionError

    async def ask() -> str:
        receivers = Receivers(Policy(), 0.1, resolve)
        try:
            await receivers.post("http://hooks.example.com/", {}, b"{}")
        except Unreachable as error:
            return str(error)
        finally:
            await receivers.close()
        raise AssertionError("it was reached")

    assert asyncio.run(ask()) == "hooks.example.com does not answer in time"
