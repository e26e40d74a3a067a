# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""10,000 accounts by one client through the bulk endpoint."""

import secrets
import time
import typing as tp

from bench.loop import api as api_lib
from bench.loop import bench as bench_lib
from bench.loop import instance as instance_lib
from bench.loop import smtp, table
from tests.stand import settings

ACCOUNTS = 10_000
REQUEST = 1000  # the endpoint takes no more at once
RATE = 500.0  # accounts per second
USABLE = 5.0  # seconds
GIVE_UP = 120.0
# What an API without the endpoint says to a POST there.
UNKNOWN = (404, 405)


class Bulk:
    """Accounts with ready-made hashes, as a directory has them."""

    name = "bulk"
    accounts = 10_000

    def measure(self, bench: bench_lib.Bench) -> tp.Iterator[table.Figure]:
        """Create them; log in as the last of each request."""
        instance = bench.instance
        tag = secrets.token_hex(3)
        hashes = instance_lib.hashes()
        requests = [
            [
                {
                    "username": f"b{tag}-{number}",
                    "password_hash": hashes[number % len(hashes)],
                }
                for number in range(first, first + REQUEST)
            ]
            for first in range(0, ACCOUNTS, REQUEST)
        ]
        logins = [f"{items[-1]['username']}@{instance.domain}" for items in requests]
        door = smtp.Door(instance.host, settings.CORE_IP)
        door.stock()
        try:
            began = time.monotonic()
            for items in requests:
                _create(instance, items)
            created = time.monotonic()
            usable = _usable(door, logins[::-1], created + GIVE_UP)
        finally:
            door.empty()
        instance.settle()
        yield table.Figure(
            self.name,
            "accounts created",
            ACCOUNTS / (created - began),
            "/s",
            RATE,
            at_least=True,
            n=ACCOUNTS,
            note=f"{REQUEST} a request, with hashes; the instance had "
            f"{instance.count() - ACCOUNTS} before",
        )
        yield table.Figure(
            self.name,
            "all usable after the last request",
            usable - created,
            "s",
            USABLE,
            note=f"login as the last account of each of {len(requests)} requests",
        )


def _usable(door: smtp.Door, logins: list[str], deadline: float) -> float:
    """Return the time at which the last of these was found able to log in.

    One that is admitted at once has not been waited for.
    """
    found = door.first(logins[0], instance_lib.PASSWORD, True, deadline)
    for login in logins[1:]:
        if not door.admits(login, instance_lib.PASSWORD):
            found = door.first(login, instance_lib.PASSWORD, True, deadline)
    return found


def _create(instance: instance_lib.Instance, items: list[dict[str, str]]) -> None:
    try:
        path = f"{instance.path}/accounts/bulk/"
        done = instance.api.call("POST", path, {"create": items, "mode": "atomic"})
    except api_lib.Refused as error:
        if error.status in UNKNOWN:
            text = "this version has no bulk endpoint"
            raise bench_lib.NotMeasurable(text) from None
        raise
    if done["done"] != len(items):
        raise RuntimeError(f"{done['failed']} accounts of a bulk request failed")
