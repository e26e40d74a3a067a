# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The stand's own PostgreSQL: a fresh cluster, reachable only inside the stand."""

import os
import pathlib
import shutil

from tests.stand import host, network, processes, progress, settings

CONFIG = """\
listen_addresses = '127.0.0.1'
unix_socket_directories = '@SOCKET@'
max_connections = 200
# The data lives as long as the stand: a crash of the machine may lose it.
fsync = off
full_page_writes = off
synchronous_commit = off
log_min_duration_statement = 2000
"""


def up(stand: settings.Settings, databases: tuple[str, ...]) -> None:
    """Make a cluster, start it, and give each database an owner of the same name."""
    programs, home = host.postgres_bin(), stand.postgres
    home.mkdir(parents=True)
    shutil.chown(home, "postgres", "postgres")
    home.chmod(0o700)
    log = stand.logs / "initdb.log"
    user = ("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups")
    progress.run(
        *user,
        programs / "initdb",
        "-D",
        home / "data",
        "-A",
        "trust",
        "-U",
        "postgres",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
        "--no-instructions",
        log=log,
    )
    with open(home / "data/postgresql.conf", "a") as config:
        config.write(settings.render(CONFIG, {"SOCKET": home}))
    processes.start(
        stand,
        "postgres",
        network.inside(
            stand.netns,
            *user,
            os.fspath(programs / "postgres"),
            "-D",
            os.fspath(home / "data"),
        ),
    )
    progress.until(lambda: _answers(stand), 30, "PostgreSQL answers")
    for name in databases:
        sql(stand, "postgres", f"create role {name} login password '{name}'")
        sql(stand, "postgres", f"create database {name} owner {name}")


def _answers(stand: settings.Settings) -> bool:
    program = host.postgres_bin() / "pg_isready"
    return (
        progress.run(program, "-q", "-h", stand.postgres, check=False).returncode == 0
    )


def sql(stand: settings.Settings, database: str, statement: str) -> list[str]:
    """Run SQL as the superuser through the socket; return the rows' text lines."""
    done = progress.run(
        host.postgres_bin() / "psql",
        "-h",
        stand.postgres,
        "-U",
        "postgres",
        "-d",
        database,
        "-XqAt",
        "-v",
        "ON_ERROR_STOP=1",
        "-f",
        "-",
        stdin=statement,
    )
    return [line for line in done.stdout.splitlines() if line]


def socket(stand: settings.Settings) -> pathlib.Path:
    """Return the directory of the server's socket (root only)."""
    return stand.postgres
