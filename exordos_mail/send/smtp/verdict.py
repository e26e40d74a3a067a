# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a reply means for a recipient."""

import typing as tp

from exordos_mail.send.queue import states
from exordos_mail.send.smtp.reply import Reply

#: Steps of a transaction, as they stand in a result's reason.
MAIL = "sender_refused"
RCPT = "recipient_refused"
DATA = "message_refused"
#: What every message of the relay will meet until it, or the server, is set up.
SET_UP = "relay_refused"

# The mailbox or its domain does not exist, or is closed for good (RFC 3463
# section 3.2; 5.1.10 is the null MX of RFC 7505).
_NO_MAILBOX = {
    *("5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"),
}
# Answers to one connection, not to the message.
_TEMPORARY_ALL_THE_SAME = {"5.3.2", "5.4.5"}
# The relay's login is missing, wrong, too weak or switched off, or TLS is missing
# (RFC 4954 section 6, RFC 5248 section 2.4): an operator can mend it.
_SET_UP_CODES = {523, 525, 530, 534, 535, 538}
_SET_UP_ENHANCED = {f"5.7.{number}" for number in (8, 9, 10, 11)}
#: The enhanced code of "too many recipients" has this subject and detail.
_TOO_MANY = ".5.3"


class Verdict(tp.NamedTuple):
    """A recipient's state after the transaction."""

    state: str
    reason: str
    #: The address does not exist.
    hard: bool


def judge(step: str, reply: Reply) -> Verdict:
    """Return what the reply that decided about a recipient means.

    Args:
        step: MAIL, RCPT or DATA: what it is the reply to.
    """
    if reply.ok and step == DATA:
        return Verdict(states.SENT, "", False)
    if is_set_up(reply):
        return Verdict(states.DEFERRED, SET_UP, False)
    if not reply.permanent or reply.enhanced in _TEMPORARY_ALL_THE_SAME:
        return Verdict(states.DEFERRED, step, False)
    if step == RCPT and is_too_many(reply):
        return Verdict(states.DEFERRED, step, False)
    return Verdict(states.FAILED, step, step == RCPT and _no_mailbox(reply))


def is_set_up(reply: Reply) -> bool:
    """Tell whether the relay is refused, not the message."""
    return reply.code in _SET_UP_CODES or (
        reply.permanent and reply.enhanced in _SET_UP_ENHANCED
    )


def is_too_many(reply: Reply) -> bool:
    """Tell whether an answer to RCPT may mean "too many in this transaction".

    It is 452, 552 with servers that have not heard of 452 (RFC 5321 section
    4.5.3.1.10), or has an enhanced code that says so.
    """
    if reply.enhanced is not None:
        return reply.enhanced.endswith(_TOO_MANY)
    return reply.code in (452, 552)


def _no_mailbox(reply: Reply) -> bool:
    if reply.enhanced is not None:
        return reply.enhanced in _NO_MAILBOX
    # 550 alone is as often a policy; these two name the mailbox.
    return reply.code in (551, 553)
