# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Where scripts are: a directory for each account, of which Dovecot runs all.

Pigeonhole runs them in the order of the files' names, octet by octet. A name in
hexadecimal digits keeps its order, and `-` comes before all digits.
"""

import re

from exordos_mail import constants as c
from exordos_mail.dataplane.engine import sieve_scripts

DIRECTORY = c.SIEVE_SCRIPTS_DIR
#: Where one is compiled.
WORK_DIR = "/run/exordos-mail-sieve"
#: Dovecot reads them; nobody but root writes them.
GROUP = c.MAILBOX_USER
#: Who compiles: neither root nor who owns the mail.
USER, USERS_GROUP = "nobody", "nogroup"
COMPILER = "/usr/bin/sievec"
_OF_SCRIPT = re.compile(r"([^/]+)/[0-9a-f]*-([0-9a-f-]{36})\.(?:sieve|svbin)\Z")


def of_account(script: sieve_scripts.SieveScript) -> str:
    """Return the directory that a script is in."""
    return f"{DIRECTORY}/{script.account}"


def source(script: sieve_scripts.SieveScript) -> str:
    """Return where a script is."""
    name = script.name.encode().hex()
    return f"{of_account(script)}/{name}-{script.uuid}.sieve"


def binary(script: sieve_scripts.SieveScript) -> str:
    """Return where a script is that was compiled."""
    return source(script).removesuffix(".sieve") + ".svbin"


def owner(path: str) -> tuple[str, str] | None:
    """Return account and script of a file, whatever name the script had."""
    found = _OF_SCRIPT.search(path)
    return (found[1], found[2]) if found else None
