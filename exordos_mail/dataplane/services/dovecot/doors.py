# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The ports at which users read from Dovecot, and the sockets at which exim asks it."""

import dataclasses
import pathlib
import typing as tp

from exordos_mail.dataplane.engine import door, service
from exordos_mail.dataplane.services.dovecot import paths as paths_lib
from exordos_mail.dataplane.services.dovecot import probe
from exordos_mail.standards import dialogue


def doors(
    paths: paths_lib.DovecotPaths, disk: tp.Callable[[str], pathlib.Path]
) -> tuple[service.Door, ...]:
    """Return all of them.

    Args:
        disk: returns where a path is on this machine.
    """
    imap, pop3 = _own(dialogue.IMAP), _own(dialogue.POP3)
    sieve = _own(dialogue.SIEVE)
    return (
        door.speaking("IMAP", paths.imap_port, imap),
        door.speaking("IMAP with TLS", paths.imaps_port, imap, tls=True),
        door.speaking("POP3", paths.pop3_port, pop3),
        door.speaking("POP3 with TLS", paths.pop3s_port, pop3, tls=True),
        door.speaking("ManageSieve", paths.sieve_port, sieve),
        _inner("LMTP", paths.lmtp_socket, probe.check_lmtp, disk),
        _inner("quota", paths.quota_socket, probe.check_quota, disk),
    )


def _own(dialect: dialogue.Dialect) -> dialogue.Dialect:
    """Return how this node's Dovecot speaks: it tells its configuration's revision."""
    greeting = dialect.greeting + r" .*revision=[0-9a-f]{16}"
    return dataclasses.replace(dialect, greeting=greeting)


def _inner(
    protocol: str,
    path: str,
    check: tp.Callable[[pathlib.Path], None],
    disk: tp.Callable[[str], pathlib.Path],
) -> service.Door:
    def look() -> str:
        check(disk(path))
        return ""

    return service.Door(protocol, look, path=path)
