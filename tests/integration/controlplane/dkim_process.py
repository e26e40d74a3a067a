# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The service of DKIM keys in processes that kill themselves, for tests.

    dkim_process.py DATABASE_URL KEY_FILE

Each line of the input is a number n. A process does all that is due and is killed by
SIGKILL in the transaction of its n-th commit, before it; 0: never. The answer is a
line: how many commits there were before it ended, and `killed` or `done`.
"""

import mmap
import os
import signal
import struct
import sys
import typing as tp

from oslo_config import cfg
import psycopg
from restalchemy.storage.sql import engines

from exordos_mail.controlplane.dkim import service


class Commits:
    """Counts the commits of this process, where its parent sees them."""

    def __init__(self, dies_at: int) -> None:
        self._dies_at = dies_at
        self._shared = mmap.mmap(-1, 8)
        self._real: tp.Callable[..., None] = psycopg.Connection.commit

    @property
    def count(self) -> int:
        """How many there were."""
        return int(struct.unpack("q", self._shared[:8])[0])

    def watch(self) -> None:
        """Begin to count."""
        commits = self

        def commit(connection: psycopg.Connection[tp.Any]) -> None:
            if commits.count + 1 == commits._dies_at:
                os.kill(os.getpid(), signal.SIGKILL)
            commits._real(connection)
            commits._shared[:8] = struct.pack("q", commits.count + 1)

        psycopg.Connection.commit = commit  # type: ignore[method-assign]


def run(url: str, commits: Commits) -> None:
    """Do what is due, with connections of this process's own."""
    engines.engine_factory.configure_factory(db_url=url)
    commits.watch()
    service.DKIMLife(budget=60)._iteration()


def main(url: str, key_file: str) -> None:
    """Start a process for each line."""
    cfg.CONF([], project="test")
    cfg.CONF.set_override("secrets_key_file", key_file, group="mail")
    cfg.CONF.set_override("dns_checks", True, group="mail")
    for line in sys.stdin:
        commits = Commits(int(line))
        child = os.fork()
        if child == 0:
            run(url, commits)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        words = {0: "done", -signal.SIGKILL: "killed"}
        print(commits.count, words.get(status, f"failed: {status}"), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
