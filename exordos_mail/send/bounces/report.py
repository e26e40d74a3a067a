# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a mail that came back says, whatever form it has."""

import msgspec

#: Kinds of a mail: one tells of deliveries, one of a complaint, three of neither.
BOUNCE = "bounce"
COMPLAINT = "complaint"
DISPOSITION = "disposition"
AUTO_REPLY = "auto_reply"
OTHER = "other"

#: Actions of a delivery status (RFC 3464 section 2.3.3); the last two are ours.
FAILED = "failed"
DELAYED = "delayed"
DELIVERED = "delivered"
RELAYED = "relayed"
EXPANDED = "expanded"
COMPLAINED = "complained"
EXPIRED = "expired"
ACTIONS = (FAILED, DELAYED, DELIVERED, RELAYED, EXPANDED)


class NotMail(ValueError):
    """It is no mail at all; the text says why."""


class Finding(msgspec.Struct, kw_only=True):
    """What is said of one recipient."""

    #: Whom it may be about, the best first: the address as it was sent to, then as it
    #: was forwarded, each as it stands and with its escapes undone. Empty: nobody.
    addresses: list[str]
    action: str
    #: Enhanced code (RFC 3463), SMTP code and text of the server that decided.
    enhanced: str | None = None
    code: int | None = None
    text: str = ""
    #: That server.
    server: str = ""
    #: false: guessed from a text for people.
    sure: bool = True
    #: More that the event tells.
    more: dict[str, object] = {}


class MailReport(msgspec.Struct, kw_only=True):
    """What a mail says."""

    kind: str
    #: How it was recognised.
    why: str
    #: Ids of the original message, the best first: Message-IDs with their brackets, or
    #: what the service's own header field says.
    ids: list[str] = []
    findings: list[Finding] = []
