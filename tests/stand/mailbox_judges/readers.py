# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""All programs that read mailboxes, by name, and what is wrong with what they got."""

import functools
import typing as tp

from tests.stand.mailbox_judges import (
    fetchmail,
    library,
    mbsync,
    mpop,
    neomutt,
    offlineimap,
    place,
    sieve_connect,
)

Read = tp.Callable[[place.Job, place.Box], place.Reading]
File = tp.Callable[[place.Job, place.Box, str, str], place.Reading]

#: What they read is the inbox.
READERS: dict[str, Read] = {
    "imaplib": library.IMAPLIB.read,
    "poplib": library.POPLIB.read,
    "IMAPClient": library.IMAPCLIENT.read,
    "imapflow": library.IMAPFLOW.read,
    "mbsync": mbsync.read,
    "offlineimap": offlineimap.read,
    "neomutt": neomutt.read,
    "fetchmail": fetchmail.read,
    "fetchmail (POP3)": functools.partial(fetchmail.read, protocol="pop3"),
    "mpop": mpop.read,
}
#: Those that move a message to another folder.
FILERS: dict[str, File] = {
    "imaplib": library.IMAPLIB.file,
    "IMAPClient": library.IMAPCLIENT.file,
    "imapflow": library.IMAPFLOW.file,
    "mbsync": mbsync.file,
    "offlineimap": offlineimap.file,
    "neomutt": neomutt.file,
}
#: Those that keep a copy and say what they have copied.
COPIERS = {"mbsync": mbsync, "offlineimap": offlineimap}
#: Everything that logs in.
CLIENTS: dict[str, Read] = {**READERS, "sieve-connect": sieve_connect.names}


def slug(name: str) -> str:
    """Return a name as a file may have it."""
    return "".join(one if one.isalnum() else "-" for one in name)


def differs(reading: place.Reading, ids: tp.Iterable[str]) -> str:
    """Say what is wrong with what a program got; it should be exactly `ids`."""
    if reading.refusal:
        return f"it was refused: {reading.refusal}"
    wanted = sorted(ids)
    if list(reading.ids) == wanted:
        return ""
    missing = set(wanted) - set(reading.ids)
    more = set(reading.ids) - set(wanted)
    return f"{len(reading.ids)} of {len(wanted)}, missing {missing}, besides {more}"


def not_refused(reading: place.Reading, kind: str) -> str:
    """Say what is wrong when a program should have been refused for one reason."""
    if reading.ids:
        return f"it has got {len(reading.ids)} messages"
    if reading.refusal == kind:
        return ""
    return f"refused for {reading.refusal!r} instead of {kind!r}: {reading.said[-300:]}"
