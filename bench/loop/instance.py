# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The instance that is measured, and its accounts."""

import collections.abc
import contextlib
import functools
import secrets
import time
import typing as tp

import psycopg
import psycopg.rows

from bench.loop import api as api_lib
from exordos_mail.standards import password
from tests.stand import demo_client

READY = 300.0  # seconds for an instance to become ACTIVE
SETTLED = 300.0  # seconds for the node to take all accounts
PAUSE = 0.02  # seconds between two looks into the database
# Real hashes, but not one for each of 100,000 accounts: a hash takes 3 ms.
HASHES = 64

_FILL = """
INSERT INTO mail_accounts (uuid, project_id, instance, username, password_hash,
    created_at, updated_at)
SELECT gen_random_uuid(), project_id, uuid, 'fill' || number,
    (%(hashes)s::text[])[1 + number %% %(count)s],
    now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
FROM mail_instances, generate_series(%(first)s::int, %(last)s::int) AS number
WHERE uuid = %(instance)s
"""
_STATE = """
SELECT status, status_reason, generation, applied_generation
FROM mail_instances WHERE uuid = %s
"""
_COUNT = "SELECT count(*) AS accounts FROM mail_accounts WHERE instance = %s"

Database = psycopg.Connection[dict[str, tp.Any]]


def body(version: str, tag: str) -> api_lib.Body:
    """Return the request for an instance."""
    return {
        "name": f"bench-{tag}",
        "project_id": demo_client.PROJECT,
        "domain": f"bench-{tag}.example.org",
        "cpu": 1,
        "ram": 1024,
        "disk_size": 10,
        "version": f"/v1/types/mail/versions/{version}",
    }


def create(api: api_lib.Api) -> str:
    """Create an instance; return its uuid."""
    version = api.call("GET", "/versions/")[0]["uuid"]
    made = api.call("POST", "/instances/", body(version, secrets.token_hex(4)))
    return str(made["uuid"])


def until(
    what: str,
    probe: collections.abc.Callable[[], bool],
    seconds: float,
    pause: float = PAUSE,
) -> float:
    """Wait for a condition; return the monotonic time at which it was met.

    Raises:
        TimeoutError: it was not met in time.
    """
    deadline = time.monotonic() + seconds
    while not probe():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        time.sleep(pause)
    return time.monotonic()


class Account(tp.NamedTuple):
    """An account that was made through the API."""

    uuid: str
    login: str
    password: str


class Instance:
    """An instance with a node that answers."""

    def __init__(self, api: api_lib.Api, database: Database, uuid: str) -> None:
        self.uuid = uuid
        self.path = f"/instances/{uuid}"
        self.api = api
        self.database = database
        made = api.call("GET", self.path)
        self.domain = str(made["domain"])
        self.host = str(made["ipv4"])

    @classmethod
    def ready(cls, api: api_lib.Api, database: Database) -> "Instance":
        """Create an instance and wait until it is ACTIVE."""
        uuid = create(api)
        until("the instance is ACTIVE", lambda: is_settled(database, uuid), READY, 0.2)
        return cls(api, database, uuid)

    def count(self) -> int:
        """Return the number of accounts."""
        row = self.database.execute(_COUNT, (self.uuid,)).fetchone()
        return int(row["accounts"]) if row else 0

    def fill(self, accounts: int) -> float:
        """Add accounts in one statement until there are so many.

        Returns the seconds until the node had taken them.
        """
        have = self.count()
        began = time.monotonic()
        if have < accounts:
            values = {
                "hashes": list(hashes()),
                "count": HASHES,
                "first": have + 1,
                "last": accounts,
                "instance": self.uuid,
            }
            self.database.execute(_FILL, values)
            self.database.execute("ANALYZE mail_accounts")
        return self.settle() - began

    def settle(self) -> float:
        """Wait until the node has applied everything; return when it had."""
        what = "the node has applied all changes"
        return until(what, lambda: is_settled(self.database, self.uuid), SETTLED)

    def add(self, name: str, domain: str | None = None, **secret: str) -> Account:
        """Create an account through the API, with a hash if nothing is given.

        Args:
            name: of the account.
            domain: of the account, if it is not the primary one.
            secret: `password`, for one.
        """
        if not secret:
            secret = {"password_hash": hashes()[0]}
        where = {"domain": domain} if domain not in (None, self.domain) else {}
        body = {"username": name, **where, **secret}
        made = self.api.call("POST", f"{self.path}/accounts/", body)
        login = f"{name}@{domain or self.domain}"
        return Account(made["uuid"], login, secret.get("password", PASSWORD))

    def disable(self, account: Account) -> None:
        """Lock an account out."""
        path = f"{self.path}/accounts/{account.uuid}"
        self.api.call("PATCH", path, {"active": False})

    def enable(self, account: Account) -> None:
        """Let an account in again."""
        path = f"{self.path}/accounts/{account.uuid}"
        self.api.call("PATCH", path, {"active": True})

    def remove(self, account: Account) -> None:
        """Delete an account."""
        self.api.call("DELETE", f"{self.path}/accounts/{account.uuid}")


def delete(api: api_lib.Api, uuid: str) -> None:
    """Delete an instance; one that is gone is fine."""
    with contextlib.suppress(api_lib.Refused):
        api.call("DELETE", f"/instances/{uuid}")


def is_settled(database: Database, uuid: str) -> bool:
    """Tell whether an instance is ACTIVE and has no change on its way.

    Raises:
        RuntimeError: it is in ERROR.
    """
    row = database.execute(_STATE, (uuid,)).fetchone()
    if row is None:
        return False
    if row["status"] == "ERROR":
        raise RuntimeError(f"instance {uuid}: {row['status_reason']}")
    applied = row["generation"] == row["applied_generation"]
    return bool(row["status"] == "ACTIVE" and applied)


PASSWORD = "of no importance"  # noqa: S105 of accounts on a stand


@functools.cache
def hashes() -> tuple[str, ...]:
    """Return HASHES hashes of PASSWORD."""
    return tuple(password.hash_password(PASSWORD) for _ in range(HASHES))
