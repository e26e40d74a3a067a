# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Runs doveadm, which ends with this process.

It takes what begins with "-" for an option wherever it stands, so what a source has
named stands behind "--".
"""

import subprocess
import typing as tp

from exordos_mail.dataplane.services.imports.fault import Fault

_TIMEOUT = 600.0  # seconds
#: Status of a command about a user who is not there (EX_NOUSER of sysexits.h).
NO_MAILBOX = 67
_TAB = ("-f", "tab")
_COMMAND = ("/usr/bin/setpriv", "--pdeathsig=KILL", "/usr/bin/doveadm")


def start(
    conf: str, *words: str, environment: tp.Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a command."""
    return subprocess.Popen(  # noqa: S603 our own paths, and words after options
        [*_COMMAND, "-c", conf, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        # What it says may hold what a server has said.
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"PATH": "/usr/bin:/bin", **(environment or {})},
    )


def run(
    conf: str, *words: str, environment: tp.Mapping[str, str] | None = None
) -> tuple[int, list[list[str]]]:
    """Return the status of a command, and what it tells: rows without their head.

    Raises:
        Fault: it does not end.
    """
    process = start(conf, *_TAB, *words, environment=environment)
    try:
        told = process.communicate(timeout=_TIMEOUT)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise Fault("Dovecot does not answer", passes=True) from None
    lines = told.decode(errors="replace").splitlines()
    return process.returncode, [line.split("\t") for line in lines[1:]]
