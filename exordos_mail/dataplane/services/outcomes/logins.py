# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

r"""Logins of clients that send, as exim's main log has them (acl_login.j2).

    time [pid] AUTHENTICATED id=alice@example.com H=[192.0.2.1]:40000
    time [pid] AUTHENTICATED id=alice@example.com H=[192.0.2.1]:40000 A=<uuid>

`A=-`: an app password that has no uuid.

Only who has logged in has such a line, so its name is that of an account.
"""

import re
import typing as tp

from exordos_mail.dataplane.engine import logins
from exordos_mail.dataplane.services.outcomes import line

_LOGIN = re.compile(
    rb"([0-9]{4}(?:-[0-9]{2}){2} [0-9]{2}(?::[0-9]{2}){2}\.[0-9]{3}) \[[0-9]+\]"
    rb" AUTHENTICATED id=([0-9a-z_.@+-]+) H=\[[0-9a-f:.]+\]:[0-9]+"
    rb"(?: A=(?:([0-9a-f-]{36})|-))?$"
)


def read(lines: tp.Iterable[bytes]) -> list[logins.Login]:
    """Return the logins that lines of the log tell; exim writes local time."""
    found = (_LOGIN.match(one) for one in lines)
    return [
        logins.Login(
            "smtp",
            one[2].decode(),
            (one[3] or b"").decode(),
            line.moment(one[1]) // 1000,
        )
        for one in found
        if one is not None
    ]
