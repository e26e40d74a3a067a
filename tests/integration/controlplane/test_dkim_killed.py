# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Killed in any transaction of a rotation, the control plane goes on, no mail suffers.

In each rotation the process is killed in every n-th transaction, from another one on.
"""

import os
import pathlib
import subprocess
import sys
import typing as tp

from oslo_config import cfg
import pytest
from restalchemy.storage.sql import engines

from exordos_mail.controlplane.dkim import life, shown
from exordos_mail.standards import dkim
from tests.integration.controlplane import conftest, dkim_world
from tests.integration.controlplane import world as w
from tests.integration.controlplane.dkim_world import ED25519, RSA
from tests.integration.support import waiting

REPO = pathlib.Path(__file__).parents[3]
#: Transactions from one kill to the next; more than one pass takes to get on.
EVERY = 8
PROGRAM = "tests.integration.controlplane.dkim_process"


class Life:
    """A domain, its DNS, its node, and the processes that bring its keys on.

    Attributes:
        keys: of the domain.
        dns: what its name servers have: values by selector.
        node: what its node signs with: private keys by selector.
        ever: public keys by selector, since the beginning.
        killed_at: states of keys when a process was killed.
    """

    def __init__(self, keys: dkim_world.Keys, url: str) -> None:
        self.keys = keys
        self.dns: dict[str, str] = {}
        self.node: dict[str, str] = {}
        self.ever: dict[str, str] = {}
        self.killed_at: set[str] = set()
        self._left = 0
        path = cfg.CONF.mail.secrets_key_file
        self._program = subprocess.Popen(
            [sys.executable, "-m", PROGRAM, url, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPO,
            env={**os.environ, "PYTHONPATH": str(REPO)},
        )

    def close(self) -> None:
        """End the program."""
        with self._program:
            self._program.kill()

    def rotate(self, first: int) -> None:
        """Rotate to the end, killed again and again.

        Args:
            first: the transaction of the rotation in which that begins.
        """
        self._left = first
        self._kills = 0
        self.keys.model().rotate_dkim()
        for step in (
            lambda: None,
            self._dns_follows,
            self._node_follows,
            lambda: self._sleep("7 days"),
            lambda: self._sleep("3 hours"),
            self._dns_follows,
        ):
            step()
            self._look_again()
            while self._is_killed():
                self.is_whole()
                self._kills += 1
                assert self._kills < 50, "it gets no further"
            self.is_whole()

    def _is_killed(self) -> bool:
        """Do what is due; tell whether the process was killed before the end."""
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(f"{self._left}\n")
        self._program.stdin.flush()
        count, how = self._program.stdout.readline().split(" ", 1)
        assert how in ("done\n", "killed\n"), how
        # The server rolls back as soon as it sees that nobody is there.
        waiting.until(self._nobody_is_in_a_transaction, "rolled back")
        killed = how == "killed\n"
        self._left = EVERY if killed else self._left - int(count)
        if killed:
            self.killed_at.update(self._states())
        return killed

    def _states(self) -> list[str]:
        return [
            f"{row['state']}{' and unused' * (row['unused_since'] is not None)}"
            for row in self.keys.rows()
            if row["state"] != "retired"
        ]

    def _nobody_is_in_a_transaction(self) -> bool:
        row = self.keys.db.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE state LIKE 'idle in transaction%'"
            " AND datname = current_database()"
        ).fetchone()
        return row is not None and row["count"] == 0

    def _dns_follows(self) -> None:
        """Publish what is wanted and remove what is not; a checker tells of it."""
        with engines.engine_factory.get_engine().session_manager() as session:
            found = shown.records(session, self.keys.domain)
        self.dns = {one.selector: one.value for one in found}
        for one in found:
            life.seen(one.uuid, 3600)

    def _node_follows(self) -> None:
        document = self.keys.document()
        self.node = {one: key["private_key"] for one, key in document.items()}
        self.keys.node_applies()

    def _sleep(self, time: str) -> None:
        self.keys.sleep(time)

    def _look_again(self) -> None:
        self.keys.db.execute(
            "UPDATE mail_dkim_schedule SET due_at = now() AT TIME ZONE 'utc'"
            " WHERE domain = %s",
            (self.keys.domain,),
        )

    def is_whole(self) -> None:
        """See that mail is signed, and can be verified, whoever was killed where."""
        document = self.keys.document()
        assert sorted(key["algorithm"] for key in document.values()) == [ED25519, RSA]
        new = {one: key["private_key"] for one, key in document.items()}
        # What the node has, and what it is about to get.
        for selector, pem in (*self.node.items(), *new.items()):
            algorithm, _, public = dkim.normal(pem)
            assert self.dns[selector] == dkim.record(algorithm, public), selector
        for row in self.keys.rows():
            if row["public_key"]:
                known = self.ever.setdefault(row["selector"], row["public_key"])
                assert known == row["public_key"], "a selector stands for two keys"


@pytest.fixture
def living(
    world: w.World,
    instance: tp.Any,
    db: conftest.Connection,
    database_url: str,
) -> tp.Iterator[Life]:
    cfg.CONF.set_override("dns_checks", True, group="mail")
    keys = dkim_world.Keys(world, db, instance.uuid, instance.uuid)
    found = Life(keys, database_url)
    try:
        keys.go()
        found._dns_follows()
        keys.go()
        found._node_follows()
        found.is_whole()
        yield found
    finally:
        found.close()


def test_killed_in_any_transaction_of_a_rotation_no_mail_suffers(living: Life) -> None:
    for first in range(1, EVERY + 1):
        before = set(living.node)
        living.rotate(first)
        assert not before & set(living.node), "not rotated"
        states = [row["state"] for row in living.keys.rows()]
        assert states.count("signing") == 2
        assert set(states) <= {"signing", "retired"}, states
    assert living.killed_at == {
        "made",
        "published",
        "seen",
        "signing",
        "retiring",
        "retiring and unused",
    }
