# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""POST account to first login; disable or delete to refusal and ended session."""

import collections
import random
import secrets
import statistics
import time
import typing as tp

from bench.loop import bench as bench_lib
from bench.loop import instance as instance_lib
from bench.loop import smtp, table
from tests.stand import settings

FIRST_SIZE = 100
P50, P95 = 0.6, 1.2  # seconds, with FIRST_SIZE accounts
STRETCH_P50, STRETCH_P95 = 0.25, 0.5
# Accounts in the instance -> how much longer it may take than with FIRST_SIZE,
# and where the logins come from: exim counts failures by address.
SIZES: dict[int, tuple[float, str]] = {
    FIRST_SIZE: (1.0, settings.GATEWAY_IP),
    10_000: (1.2, settings.CORE_IP),
    100_000: (1.5, settings.CP_IP),
}
GIVE_UP = 60.0  # seconds

LOGIN, REFUSED, ENDED = "login", "refused", "session ended"
# How much of them the request itself was.
POSTED, TAKEN_BACK = "posted", "taken back"
Times = dict[str, list[float]]


class AccountLatency:
    """The waiting times of accounts at one size of the instance."""

    # Medians with FIRST_SIZE accounts, which the other sizes are held to.
    medians: tp.ClassVar[dict[str, float]] = {}

    def __init__(self, accounts: int) -> None:
        self.name = f"accounts-{accounts}"
        self.accounts = accounts
        self._factor, self._source = SIZES[accounts]

    def measure(self, bench: bench_lib.Bench) -> tp.Iterator[table.Figure]:
        """Take the samples; disable and delete take turns."""
        instance = bench.instance
        door = smtp.Door(instance.host, self._source)
        _introduce(instance, door)
        times: Times = collections.defaultdict(list)
        try:
            for number in range(bench.samples):
                _sample(instance, door, times, by_deleting=bool(number % 2))
        finally:
            door.empty()
        yield from self._figures("POST account → login", LOGIN, times)
        yield self._request("POST", times[POSTED])
        yield from self._figures("disable, delete → refused", REFUSED, times)
        yield from self._figures("disable, delete → session ended", ENDED, times)
        yield self._request("PATCH, DELETE", times[TAKEN_BACK])
        if self.accounts == FIRST_SIZE:
            yield from table.percentiles(
                "stretch",
                "POST account → login",
                times[LOGIN],
                (STRETCH_P50, STRETCH_P95),
            )

    def _request(self, method: str, found: list[float]) -> table.Figure:
        p50 = statistics.median(found)
        what = f"  of which {method}, p50"
        return table.Figure(self.name, what, p50, "s", n=len(found))

    def _figures(self, what: str, kind: str, times: Times) -> list[table.Figure]:
        limits = P50, P95
        if self.accounts != FIRST_SIZE:
            # The median may be so much above the measured one, the 95th
            # percentile of so few samples only above the goal.
            base = self.medians.get(kind, P50)
            limits = base * self._factor, P95 * self._factor
        found = table.percentiles(self.name, what, times[kind], limits)
        if self.accounts == FIRST_SIZE and found[0].value is not None:
            self.medians[kind] = found[0].value
        return found


def _introduce(instance: instance_lib.Instance, door: smtp.Door) -> None:
    """Log in once, so that failures from this address are not answered late."""
    known = instance.add(f"known{secrets.token_hex(4)}")
    door.first(known.login, known.password, True, time.monotonic() + GIVE_UP)
    instance.remove(known)


def _sample(
    instance: instance_lib.Instance, door: smtp.Door, times: Times, by_deleting: bool
) -> None:
    _wait(door)
    began = time.monotonic()
    account = instance.add(f"u{secrets.token_hex(6)}")
    times[POSTED].append(time.monotonic() - began)
    login = door.first(account.login, account.password, True, began + GIVE_UP)
    times[LOGIN].append(login - began)

    session = door.open()
    if not smtp.authenticate(session, account.login, account.password):
        raise RuntimeError(f"{account.login} could log in and now cannot")
    watch = smtp.Watch(session)
    _wait(door)
    began = time.monotonic()
    (instance.remove if by_deleting else instance.disable)(account)
    times[TAKEN_BACK].append(time.monotonic() - began)
    refused = door.first(account.login, account.password, False, began + GIVE_UP)
    times[REFUSED].append(refused - began)
    times[ENDED].append(watch.ended(began + GIVE_UP) - began)


def _wait(door: smtp.Door) -> None:
    """Prepare the attempts, then wait for a random phase of all loops."""
    door.stock()
    time.sleep(random.uniform(0, bench_lib.PHASE))  # noqa: S311 no secret
