# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Whether a source is the very mailbox that is moved into: each run would double it.

Addresses and names do not tell: there are proxies, forwarded ports and other names of a
host, and another account of this machine is a good source. So a folder with a random
name is made in the mailbox, and looked for at the source. That is done where both have
the same UIDVALIDITY (RFC 3501 section 2.3.1.1), which other mailboxes seldom have.
"""

import re
import secrets

from exordos_mail.dataplane.services.imports import box as box_lib
from exordos_mail.dataplane.services.imports import folders, job, source
from exordos_mail.dataplane.services.imports.fault import Fault

_INBOX = "INBOX"
_PREFIX = "exordos-import-check-"
#: What a run that was killed may have left.
_LEFT = re.compile(_PREFIX + r"[0-9a-f]{32}\Z")
REFUSED = (
    "the source is this very mailbox: give the host and the user name of the mailbox"
    " that its mail is to come from"
)


def refuse(orders: job.Orders, box: box_lib.Box) -> None:
    """Check that the source is another mailbox.

    Raises:
        Fault: it is the same; or one of them does not answer.
    """
    _clear(box)
    if box.uidvalidity(_INBOX) != _told(orders):
        return
    name = _PREFIX + secrets.token_hex(16)
    box.make(name)
    try:
        found = _listed(orders)
    finally:
        box.remove(name)
    if any(one.name.endswith(name) for one in found):
        raise Fault(REFUSED)


def _clear(box: box_lib.Box) -> None:
    for name in box.named(_PREFIX + "*"):
        if _LEFT.match(name):
            box.remove(name)


def _told(orders: job.Orders) -> int | None:
    """Return the UIDVALIDITY of the source; None: it does not say."""
    session = source.SourceSession(orders)
    try:
        state = session.state_of(_INBOX.encode())
    finally:
        session.close_quietly()
    return state.uidvalidity if state else None


def _listed(orders: job.Orders) -> list[folders.Folder]:
    session = source.SourceSession(orders)
    try:
        found = session.list_folders()
    finally:
        session.close_quietly()
    return [one for one in found if isinstance(one, folders.Folder)]
