# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""From a report to events and suppressions, in one transaction.

A report is believed about a message that the tenant has sent, and about a recipient to
whom it went: a forged one that names another message or address changes nothing. What
is known already is not written again.
"""

import collections.abc as abc
import typing as tp

from exordos_mail.send.bounces import classes, records, report
from exordos_mail.send.bounces.report import Finding, MailReport
from exordos_mail.send.content import address, identity
from exordos_mail.send.metrics import counters
from exordos_mail.send.queue import events, states, suppressions
from exordos_mail.send.queue.erasing import is_pseudonym
from exordos_mail.send.storage import database

#: The type of the event for each action; the others are no news.
_TYPES: tp.Mapping[str, str] = {
    report.FAILED: "bounced",
    report.COMPLAINED: "complained",
    report.DELAYED: "delayed",
    report.DELIVERED: "delivered",
    report.RELAYED: "relayed",
    report.EXPIRED: "expired",
}
_REASON_MAX = 500

NO_MESSAGE = "no message that this tenant has sent has this id"
_NO_ID = "it does not say which message it is about: it returns no Message-ID"
_NOT_TO = "the message did not go to this address"
_NOBODY = "it does not say whom it is about"
WAITING = "the message is not sent to this recipient yet: post it again later"
_NEVER = "the message was not sent to this recipient"
_ERASED = "the recipient's address was erased"
_AGAIN = "it is known already"
_NO_NEWS = "this action tells of no end: a list of addresses has the message"
_UNSURE = "it is a guess from a text for people, which never suppresses"
_DOMAIN = "an entry for it would stand for every address of its domain"
_SIMULATED = "nothing was sent to it: that says nothing of the address"
_NOT_FINAL = "the delivery has not failed"


class Taken(tp.NamedTuple):
    """What was found of one recipient, and done."""

    finding: Finding
    message_id: str | None
    #: As it was sent to; None: it is not known.
    recipient: str | None
    class_: str | None
    #: The type of the event that was written.
    event: str | None
    suppressed: bool
    #: Why that was done, or nothing.
    why: str


def take(
    tx: database.Transaction, tenant_id: str, given: MailReport, actor: str, now: int
) -> list[Taken]:
    """Write what a report tells; return what was done for each recipient."""
    message_id = records.lock(tx, tenant_id, identity.own(given.ids))
    if message_id is None and given.ids:
        named = (one for found in given.findings for one in found.addresses)
        message_id = records.by_message_id(tx, tenant_id, given.ids, named)
        # Two calls with the same mail write its events once.
        message_id = records.lock(tx, tenant_id, [message_id] if message_id else [])
    if message_id is None:
        why = NO_MESSAGE if given.ids else _NO_ID
        return [_nothing(one, None, None, why) for one in given.findings]
    one = Message(tx, tenant_id, message_id, now)
    taken = [one.take(finding) for finding in given.findings]
    events.add(tx, tenant_id, one.happened, now, actor)
    return taken


def take_returned(
    tx: database.Transaction,
    tenant_id: str,
    message_id: str,
    given: MailReport,
    now: int,
) -> list[Taken]:
    """Write what a report tells that came to the envelope sender of a message."""
    is_removed = records.lock(tx, tenant_id, [message_id]) is None
    one = Message(tx, tenant_id, message_id, now, is_removed, is_proved=True)
    taken = [one.take(finding) for finding in given.findings]
    events.add(tx, tenant_id, one.happened, now)
    return taken


def count(tenant_id: str, taken: abc.Iterable[Taken]) -> None:
    """Count what was written, once it is committed."""
    for one in taken:
        if one.event is not None:
            provider = classes.provider(one.finding.server)
            counters.outcome(tenant_id, one.event, one.class_ or "", provider)


class Message:
    """A message that reports are about.

    Args:
        is_removed: the tenant does not have it any more; what is told of it is
            believed still.
        is_proved: whoever tells of it has the address that its envelope named, which
            is proof enough for an only recipient whose address is another one by now.
    """

    def __init__(
        self,
        tx: database.Transaction,
        tenant_id: str,
        message_id: str,
        now: int,
        is_removed: bool = False,
        is_proved: bool = False,
    ) -> None:
        self._tx = tx
        self._tenant_id = tenant_id
        self._id = message_id
        self._now = now
        self._is_removed, self._is_proved = is_removed, is_proved
        self._there = {} if is_removed else records.recipients(tx, message_id)
        self._by_form = {address.normal(one): one for one in self._there}
        self._known = records.known(tx, tenant_id, message_id)
        self.happened: list[events.Event] = []

    def take(self, finding: Finding) -> Taken:
        """Return what comes of a finding; its event is in `happened`."""
        recipient = self._recipient(finding)
        kind = _TYPES.get(finding.action)
        why = self._why_not(finding, recipient, kind)
        class_ = _class(finding)
        if why or kind is None:
            return _nothing(finding, self._id, recipient, why, class_)
        self._known.add((kind, recipient, not finding.sure))
        details = _details(finding, class_)
        self.happened.append(events.Event(kind, self._id, recipient, details))
        if recipient in self._there:
            self._note(recipient, kind, finding)
        why = _why_kept(finding, recipient, class_)
        if not why and records.is_simulated(
            self._tx, self._tenant_id, self._id, recipient
        ):
            why = _SIMULATED
        if not why:
            why = classes.FOLLOWS[tp.cast(str, class_)].why
            self._suppress(finding, tp.cast(str, recipient))
            return Taken(finding, self._id, recipient, class_, kind, True, why)
        return Taken(finding, self._id, recipient, class_, kind, False, why)

    def _recipient(self, finding: Finding) -> str | None:
        for one in finding.addresses:
            if (form := _form(one)) in self._by_form:
                return self._by_form[form]
        # A provider that names nobody means the only one that there is.
        is_said = self._is_proved or not finding.addresses
        if is_said and len(self._there) == 1:
            return next(iter(self._there))
        return finding.addresses[0] if self._is_removed else None

    def _why_not(
        self, finding: Finding, recipient: str | None, kind: str | None
    ) -> str:
        """Return why nothing is to be written; empty: it is."""
        if kind is None:
            return _NO_NEWS
        # Its words name whom nothing is to name any more.
        if any(map(is_pseudonym, self._there if recipient is None else [recipient])):
            return _ERASED
        if recipient is None:
            if finding.addresses:
                return _NOT_TO
            if kind != _TYPES[report.COMPLAINED]:
                return _NOBODY
        elif not self._is_removed:
            state = self._there[recipient].state
            if state == states.RECIPIENT_WAITING:
                return WAITING
            if state != states.SENT:
                return _NEVER
        again = (kind, recipient, not finding.sure) in self._known
        return _AGAIN if again else ""

    def _note(self, recipient: str, kind: str, finding: Finding) -> None:
        """Write the outcome beside the recipient, unless there is a later one."""
        before = self._there[recipient].outcome
        if states.later_outcome(before, kind):
            records.note(self._tx, self._id, recipient, kind, finding, self._now)
            self._there[recipient] = records.There(states.SENT, kind)

    def _suppress(self, finding: Finding, recipient: str) -> None:
        complaint = finding.action == report.COMPLAINED
        suppressions.add(
            self._tx,
            self._tenant_id,
            address.normal(recipient),
            _reason(finding),
            suppressions.COMPLAINT if complaint else suppressions.HARD_BOUNCE,
            self._now,
        )


def _why_kept(finding: Finding, recipient: str | None, class_: str | None) -> str:
    """Return why the address is not suppressed; empty: it is."""
    if class_ is None or finding.action not in (report.FAILED, report.COMPLAINED):
        return _NOT_FINAL
    follows = classes.FOLLOWS[class_]
    if not follows.suppress:
        return follows.why
    if not finding.sure:
        return _UNSURE
    if recipient is None:
        return _NOBODY
    return _DOMAIN if suppressions.is_domain(recipient) else ""


def _nothing(
    finding: Finding,
    message_id: str | None,
    recipient: str | None,
    why: str,
    class_: str | None = None,
) -> Taken:
    class_ = class_ or _class(finding)
    return Taken(finding, message_id, recipient, class_, None, False, why)


def _class(finding: Finding) -> str | None:
    """Return the class of what has failed, for now or for good; None: nothing has."""
    if finding.action == report.COMPLAINED:
        return classes.COMPLAINT
    if finding.action not in (report.FAILED, report.DELAYED, report.EXPIRED):
        return None
    return classes.classify(
        finding.enhanced, finding.code, finding.text, finding.server
    )


def _details(finding: Finding, class_: str | None) -> dict[str, object]:
    members = {
        "class": class_,
        "code": finding.code,
        "enhanced": finding.enhanced,
        "reply": finding.text,
        "server": finding.server,
        "unsure": not finding.sure,
        **finding.more,
    }
    return {name: one for name, one in members.items() if one not in (None, "", False)}


def _reason(finding: Finding) -> str:
    if finding.action == report.COMPLAINED:
        return f"complaint: {finding.text}"[:_REASON_MAX]
    said = finding.text or " ".join(
        str(one) for one in (finding.code, finding.enhanced) if one is not None
    )
    return f"bounced: {said}"[:_REASON_MAX]


def _form(given: str) -> str:
    """Return an address in normal form; what is none is like no address of ours."""
    try:
        return address.normal(address.check(given))
    except address.AddressError:
        return ""
