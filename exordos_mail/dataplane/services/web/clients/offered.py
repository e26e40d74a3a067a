# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What mail programs are told that this node offers; the host is always its own."""

import dataclasses
import typing as tp

from exordos_mail import constants as c

Kind = tp.Literal["smtp", "imap"]


@dataclasses.dataclass(frozen=True)
class Offered:
    """A port that a mail program logs in at, with the full address and a password.

    Attributes:
        tls: TLS begins with the connection; else by STARTTLS, which is a must.
    """

    kind: Kind
    port: int
    tls: bool


#: In the order in which to try them: TLS from the start first (RFC 8314 section 3.3).
OUTGOING = (
    Offered("smtp", c.SUBMISSIONS_PORT, tls=True),
    Offered("smtp", c.SUBMISSION_PORT, tls=False),
)
#: The same of reading mail, where the node keeps mailboxes. What is not there must not
#: be announced.
INCOMING = (
    Offered("imap", c.IMAPS_PORT, tls=True),
    Offered("imap", c.IMAP_PORT, tls=False),
)


@dataclasses.dataclass(frozen=True)
class Settings:
    """The settings of one instance: its host's name, and what is there."""

    hostname: str
    incoming: tuple[Offered, ...]
    outgoing: tuple[Offered, ...]


def settings(hostname: str, mailboxes: bool = False) -> Settings:
    """Return what a node of this name offers, with or without mailboxes."""
    return Settings(hostname, INCOMING if mailboxes else (), OUTGOING)
