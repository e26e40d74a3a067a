# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The notes of who has logged in, and whose mailbox got a message (accounts.lua.j2).

A line is `service login mailbox app seconds`. The file is moved away, and read a round
later: who has opened it before has written by then. Dovecot's user owns the directory,
so nothing of it is believed: neither what kind of file it is, nor a line.
"""

import os
import re
import stat
import typing as tp

from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import logins
from exordos_mail.dataplane.services.dovecot import paths as paths_lib

_LINE = re.compile(
    r"(imap|pop3|sieve|lmtp) ([0-9a-z_.@+-]{3,318}) ([0-9a-f-]{36}) ([0-9a-f-]{36}|-)"
    r" ([0-9]{1,12})"
)
#: The program writes no more than this and a line of each process.
_OCTETS_MAX = 8 * 1024 * 1024


class Note(tp.NamedTuple):
    """A login with the mailbox that it has.

    Attributes:
        service: imap, pop3, sieve; lmtp: the mailbox got a message.
        app: uuid of the app password; "-": none.
        at: seconds of Unix time.
    """

    service: str
    login: str
    mailbox: str
    app: str
    at: int

    def told(self) -> logins.Login:
        """Return the login as the control plane is told of it."""
        app = "" if self.app == "-" else self.app
        return logins.Login(self.service, self.login, app, self.at)


def take(paths: paths_lib.DovecotPaths, layout: layout_lib.Layout) -> list[Note]:
    """Return the notes of the round before, and move those of this one away.

    Raises:
        OSError: a file cannot be read, or moved.
    """
    new = layout.disk(paths.notes)
    old = new.with_name(new.name + ".read")
    found = _read(str(old))
    old.unlink(missing_ok=True)
    if new.exists():
        new.rename(old)
    return found


def parse(text: str) -> list[Note]:
    """Return the notes of a text; what is none is left out."""
    found = (_LINE.fullmatch(line) for line in text.splitlines())
    return [Note(one[1], one[2], one[3], one[4], int(one[5])) for one in found if one]


def _read(path: str) -> list[Note]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return []
    with open(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return []
        return parse(file.read(_OCTETS_MAX).decode("ascii", "replace"))
