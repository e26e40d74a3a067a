# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Faults of what follows when mail comes back."""

from tests.mutations.mutation import Mutation

_TAKING = "exordos_mail/send/bounces/taking.py"
_TAKEN = ("send/test_bounce_taking.py",)

_PROGRESS = "exordos_mail/send/bounce_mailboxes/progress.py"
_MAILBOX = ("send/test_bounce_mailbox.py",)

BOUNCES = (
    Mutation(
        "mailbox-mail-passed-over",
        _PROGRESS,
        "self.at < len(self.ahead) and self.ahead[self.at] in self.behind:",
        "self.at < len(self.ahead) and self.ahead[self.at] <= one.number:",
        "a mail that comes later than its neighbours is never read after a kill",
        _MAILBOX,
    ),
    Mutation(
        "mailbox-letter-removed",
        _PROGRESS,
        "if found.is_automatic and self.removes:",
        "if self.removes:",
        "letters of people are deleted",
        _MAILBOX,
    ),
    Mutation(
        "mailbox-early-for-ever",
        _PROGRESS,
        "(before is None or now < before.created_at + EARLY_MAX)",
        "True",
        "a forged bounce is read again with each poll",
        _MAILBOX,
    ),
    Mutation(
        "guess-suppresses",
        _TAKING,
        "    if not finding.sure:\n        return _UNSURE\n",
        "",
        "anybody writes a text that keeps an address from its mail",
        _TAKEN,
    ),
    Mutation(
        "bounce-of-what-was-not-sent",
        _TAKING,
        "            if state != states.SENT:\n                return _NEVER\n",
        "",
        "a recipient who was sent nothing is suppressed",
        _TAKEN,
    ),
    Mutation(
        "bounce-comes-again",
        _TAKING,
        '        return _AGAIN if again else ""\n',
        '        return ""\n',
        "the same mail makes an event each time, and brings a lifted entry back",
        _TAKEN,
    ),
    Mutation(
        "complaint-of-a-stranger",
        _TAKING,
        "            if finding.addresses:\n                return _NOT_TO\n",
        "",
        "a complaint of somebody else is one about the message",
        _TAKEN,
    ),
    Mutation(
        "bounce-of-another-tenant",
        "exordos_mail/send/bounces/records.py",
        "SELECT id FROM messages WHERE tenant_id = :tenant_id AND id = :id {{lock}}",
        "SELECT id FROM messages WHERE :tenant_id <> '' AND id = :id {{lock}}",
        "one tenant suppresses for another one",
        _TAKEN,
    ),
    Mutation(
        "temporary-means-unknown",
        "exordos_mail/send/bounces/classes.py",
        "    return UNKNOWN if found == RECIPIENT and temporary else found\n",
        "    return found\n",
        "an address is suppressed because its server was busy",
        ("send/test_bounce_classes.py",),
    ),
    Mutation(
        "status-is-believed",
        "exordos_mail/send/bounces/status.py",
        "    if code is None and enhanced is None and status is not None:\n",
        "    if enhanced is None and status is not None:\n",
        "sendmail's 5.1.1 for any 550 suppresses",
        ("send/test_bounce_classes.py",),
    ),
    Mutation(
        "parts-of-any-depth",
        "exordos_mail/send/bounces/parts.py",
        "and depth < DEPTH_MAX",
        "",
        "a mail decides how long it is read",
        ("send/test_bounce_reading.py",),
    ),
)
