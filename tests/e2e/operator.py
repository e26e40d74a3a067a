# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the operator of the stand does to it, run on the host.

    python -m tests.e2e.operator sql DATABASE STATEMENT
    python -m tests.e2e.operator stop|kill|start|freeze|thaw SERVICE...

`sql` prints one row a line. A service is named as in `standctl status`; `start`
knows those of MetaPaaS.
"""

import pathlib
import signal
import sys
import typing as tp

from tests.stand import metapaas, postgres, processes, settings, stand

PREFIX = "metapaas-"


def records(where: settings.Settings, names: tp.Iterable[str]) -> list[tp.Any]:
    """Return the process records of services; LookupError for an unknown one."""
    have = {record.name: record for record in processes.records(where)}
    return [have[name] for name in names]


def main(argv: list[str]) -> int:
    """Run one command; return its exit status."""
    where = settings.Settings.load()
    command, *words = argv
    if command == "sql":
        print("\n".join(postgres.sql(where, words[0], words[1])))
    elif command == "stop":
        # what takes longer is killed, as in a crash
        processes.stop(records(where, words), grace=4.0)
    elif command == "kill":
        for record in records(where, words):
            record.kill(signal.SIGKILL)
    elif command == "start":
        facts = stand.Stand(where).facts()
        platform = metapaas.MetaPaaS(
            where, pathlib.Path(facts["platform"]), pathlib.Path(facts["core"])
        )
        for name in words:
            platform.start(name.removeprefix(PREFIX))
    elif command in ("freeze", "thaw"):
        signum = signal.SIGSTOP if command == "freeze" else signal.SIGCONT
        for record in records(where, words):
            record.kill(signum)
    else:
        raise SystemExit(f"unknown command {command!r}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
