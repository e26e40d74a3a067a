# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Rules of the mailbox that bounces are read from."""

import base64
import re

from exordos_mail.standards import imap_source, rule

IMAP, POP3 = "imap", "pop3"
IMPLICIT, STARTTLS = imap_source.IMPLICIT, imap_source.STARTTLS
#: The usual port of each protocol, with TLS from the first octet and after STARTTLS.
PORTS = {
    IMAP: imap_source.PORTS,
    POP3: {IMPLICIT: 995, STARTTLS: 110},
}
PORT_RULE = (
    "ports 993 and 995 speak TLS from the first octet (RFC 8314): tls is implicit there"
)

KEEP, MOVE, DELETE = "keep", "move", "delete"
INBOX = "INBOX"
MOVE_RULE = "a folder to move to is needed: give move_to, or another `after`"
SAME_RULE = "the folder to move to is the one that is read: give another one"
POP3_RULE = "POP3 has one folder: folder is INBOX, and `after` is keep or delete"
IDLE_RULE = "POP3 cannot tell by itself that mail has come: idle is false"
KNOWN_RULE = (
    "give the password too: it is not sent to another server or for another user by"
    " who does not know it"
)
_PLAIN = re.compile(r"([\x20-\x25\x27-\x7e]+)|(&)|([^\x20-\x7e]+)")


def tls_of(port: object) -> str:
    """Return the TLS of a server that names its port only."""
    return STARTTLS if port in (143, 110) else IMPLICIT


def fits(port: int, tls: str) -> bool:
    """Tell whether a port can be spoken to so: 993 and 995 wait for TLS for ever."""
    return port not in (993, 995) or tls == IMPLICIT


def check_folder(value: object) -> str:
    """Return `value` if it may be the name of a folder.

    Raises:
        RuleError: it may not.
    """
    return imap_source.check_folder(value)


def check_pair(protocol: str, folder: str, after: str, move_to: str | None) -> None:
    """Check what becomes of mail that was read.

    Raises:
        RuleError: the protocol cannot do it, or a folder is missing.
    """
    if protocol == POP3 and (folder != INBOX or after == MOVE):
        raise rule.RuleError(POP3_RULE)
    if after == MOVE and move_to is None:
        raise rule.RuleError(MOVE_RULE)
    if after == MOVE and move_to == folder:
        raise rule.RuleError(SAME_RULE)


def encode(name: str) -> bytes:
    """Return the name of a folder in modified UTF-7 (RFC 3501 section 5.1.3)."""

    def coded(found: re.Match[str]) -> str:
        if found[3] is None:
            return found[1] or "&-"
        octets = base64.b64encode(found[3].encode("utf-16-be", "surrogatepass"))
        return f"&{octets.decode().rstrip('=').replace('/', ',')}-"

    return _PLAIN.sub(coded, name).encode("ascii")
