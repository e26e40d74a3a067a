# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""POST account to first login, in an instance of one domain and in one of 1,000."""

import random
import secrets
import statistics
import time
import typing as tp

from bench.loop import bench as bench_lib
from bench.loop import instance as instance_lib
from bench.loop import smtp, table
from tests.stand import settings

DOMAINS = 1_000
#: How much longer it may take than with one domain.
FACTOR = 1.2
GIVE_UP = 60.0  # seconds
#: All keys of as many domains are made one after the other.
KEYS_MADE = 900.0  # seconds

_FILL = """
INSERT INTO mail_domains (uuid, project_id, instance, name, created_at, updated_at)
SELECT gen_random_uuid(), project_id, uuid, 'd' || number || '.example.net',
    now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
FROM mail_instances, generate_series(2, %s) AS number WHERE uuid = %s
"""
_SIGNING = """
SELECT count(DISTINCT keys.domain) AS domains FROM mail_dkim_keys AS keys
JOIN mail_domains AS domains ON domains.uuid = keys.domain
WHERE domains.instance = %s AND keys.state = 'signing'
"""


class DomainLatency:
    """The waiting time of an account, with one domain and with many."""

    name = "domains-1000"
    accounts: int | None = 100

    def measure(self, bench: bench_lib.Bench) -> tp.Iterator[table.Figure]:
        """Take the samples with one domain, add the others, take them again."""
        instance = bench.instance
        one = _samples(instance, bench.samples, instance.domain)
        yield from table.percentiles(self.name, "POST account → login, 1 domain", one)
        bench_lib.say(f"{DOMAINS} domains")
        took = _fill(instance)
        yield table.Figure(self.name, "  all keys on the node", took, "s")
        goal = FACTOR * statistics.median(one)
        for title, domain in (
            (f"{DOMAINS} domains, primary", instance.domain),
            (f"{DOMAINS} domains, the last", f"d{DOMAINS}.example.net"),
        ):
            found = _samples(instance, bench.samples, domain)
            what = f"POST account → login, {title}"
            yield from table.percentiles(self.name, what, found, (goal, None))


def _fill(instance: instance_lib.Instance) -> float:
    """Add the other domains; return the seconds until the node has all their keys."""
    began = time.monotonic()
    instance.database.execute(_FILL, (DOMAINS, instance.uuid))

    def all_sign() -> bool:
        row = instance.database.execute(_SIGNING, (instance.uuid,)).fetchone()
        return row is not None and row["domains"] == DOMAINS

    instance_lib.until("all domains sign", all_sign, KEYS_MADE, 1.0)
    return instance.settle() - began


def _samples(
    instance: instance_lib.Instance, count: int, domain: str
) -> tp.Sequence[float]:
    """Return the seconds from POST to login of so many accounts of a domain."""
    door = smtp.Door(instance.host, settings.GATEWAY_IP)
    times = []
    try:
        for _ in range(count):
            door.stock()
            time.sleep(random.uniform(0, bench_lib.PHASE))  # noqa: S311 no secret
            began = time.monotonic()
            account = instance.add(f"u{secrets.token_hex(6)}", domain)
            end = began + GIVE_UP
            login = door.first(account.login, account.password, True, end)
            times.append(login - began)
            instance.remove(account)
    finally:
        door.empty()
    return times
