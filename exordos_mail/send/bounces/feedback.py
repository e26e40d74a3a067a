# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Complaints: reports of the Abuse Reporting Format (RFC 5965)."""

from exordos_mail.send.bounces import header, reply, status
from exordos_mail.send.bounces.report import COMPLAINED, Finding

TYPE = "message/feedback-report"
#: Feedback types by which a recipient says that the mail is not wanted (RFC 5965
#: section 7.3). `not-spam` says the opposite, and others are for administrators.
COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})
#: Fields that name the recipient; the second is of older loops.
_RECIPIENT = ("original-rcpt-to", "removal-recipient")


def kind(text: str) -> str:
    """Return the feedback type in lower case; empty: it says none."""
    return header.first(_fields(text), "feedback-type").lower()[:40]


def findings(text: str) -> list[Finding]:
    """Return whom a complaint is of; one without an address, if it names nobody."""
    fields = _fields(text)
    # Providers write `redacted`, or nothing, where the address would be.
    named = [value for name in _RECIPIENT for value in fields.get(name, ())]
    found = [found for value in named if (found := status.addresses(value))]
    agent = reply.line(header.first(fields, "user-agent"))
    said = reply.line(f"{kind(text)}: {agent}".strip(": "))
    return [
        Finding(addresses=one, action=COMPLAINED, text=said)
        for one in found[: status.RECIPIENTS_MAX] or [[]]
    ]


def _fields(text: str) -> header.Fields:
    return header.parse(text.encode(errors="replace"))
