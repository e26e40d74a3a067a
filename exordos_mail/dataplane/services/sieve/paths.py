# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Where scripts are: a directory for each account, with a list of those that run.

Each content of a script has files of its own, which never change: `<uuid>-<digest>`
with `.sieve`, and with `.svbin` in Pigeonhole's binary form. Dovecot runs what the list
names, in its order (accounts.lua.j2), so a change is one new list.
"""

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


def of_account(account: str) -> str:
    """Return the directory of an account's scripts."""
    return f"{DIRECTORY}/{account}"


def listed(account: str) -> str:
    """Return the file that names the scripts of an account that run."""
    return f"{of_account(account)}/list"


def entry(script: sieve_scripts.SieveScript) -> str:
    """Return how a list names a content of a script."""
    return f"{script.uuid}-{script.digest}"


def source(account: str, entry_: str) -> str:
    """Return where a script is."""
    return f"{of_account(account)}/{entry_}.sieve"


def binary(account: str, entry_: str) -> str:
    """Return where a script is that was compiled."""
    return f"{of_account(account)}/{entry_}.svbin"
