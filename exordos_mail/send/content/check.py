# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""From what a caller sent to a message that may be accepted.

Everything that can be refused is refused here, before anything is stored:
nothing that passes can fail to render.
"""

import collections.abc as abc
import typing as tp

import msgspec

from exordos_mail.send.attachments import inline
from exordos_mail.send.content import (
    address,
    headers,
    labels,
    message,
    raw,
    request,
    simulator,
    values,
)

#: Milliseconds that a message is tried, from its time on, unless it says so.
LIFETIME = 72 * 3600 * 1000
#: Milliseconds: nothing is scheduled or kept for longer.
FUTURE_MAX = 366 * 24 * 3600 * 1000

_encode = msgspec.json.Encoder(order="sorted").encode
_NOT_WITH_RAW = (
    *("subject", "text", "html", "headers", "attachments", "message_id", "reply_to"),
)


_TOO_MANY = f"a message has at most {request.RECIPIENTS_MAX} recipients"


class FieldError(tp.NamedTuple):
    """One thing that is wrong; `field` is a path as `to[1]`."""

    field: str
    message: str


class Invalid(Exception):
    """A message that cannot be sent."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__("; ".join(f"{field}: {text}" for field, text in errors))
        self.errors = errors


class _Check:
    def __init__(self, given: request.MessageIn, now: int) -> None:
        self.given = given
        self.now = now
        self.errors: list[FieldError] = []
        #: Domains that the message claims to be from, by the member that says so.
        self.domains: dict[str, str] = {}

    def fail(self, field: str, text: str) -> None:
        self.errors.append(FieldError(field, text))

    def mailbox(self, field: str, given: request.Address) -> address.Mailbox | None:
        try:
            if isinstance(given, str):
                return address.parse(given)
            return address.Mailbox(
                address.check_name(given.name), address.check(given.email)
            )
        except address.AddressError as error:
            self.fail(field, str(error))
            return None

    def mailboxes(
        self, field: str, given: request.Addresses | msgspec.UnsetType
    ) -> list[address.Mailbox]:
        if isinstance(given, msgspec.UnsetType) or given == []:
            return []
        if not isinstance(given, list):
            found = self.mailbox(field, given)
            return [] if found is None else [found]
        if len(given) > request.RECIPIENTS_MAX:
            self.fail(field, _TOO_MANY)
            return []
        boxes = [
            self.mailbox(f"{field}[{index}]", one) for index, one in enumerate(given)
        ]
        return [box for box in boxes if box is not None]

    def simulated(self, field: str, boxes: list[address.Mailbox]) -> None:
        for box in boxes:
            if text := simulator.problem(box.address):
                self.fail(field, text)
                return

    def sender_domain(self, field: str, sender: str) -> None:
        self.domains.setdefault(sender.rpartition("@")[2], field)

    def moment(self, field: str, given: str | float | None) -> int | None:
        if given is None:
            return None
        try:
            moment = values.parse_moment(given)
        except ValueError as error:
            self.fail(field, str(error))
            return None
        if not 0 <= moment <= self.now + FUTURE_MAX:
            self.fail(field, "a moment is at most 366 days ahead")
            return None
        return moment

    def priority(self) -> int:
        given = self.given.priority
        if isinstance(given, msgspec.UnsetType):
            return values.PRIORITIES["medium"]
        try:
            return values.parse_priority(given)
        except ValueError as error:
            self.fail("priority", str(error))
            return values.PRIORITIES["medium"]

    def line(self, field: str, text: str) -> None:
        problem = headers.value_problem(text)
        if problem:
            self.fail(field, problem)

    def labels(self) -> labels.Labels | None:
        given = self.given
        if not (given.tags or given.metadata) and given.reference is None:
            return None
        found = labels.Labels(given.reference, given.tags or [], given.metadata)
        for field, text in labels.problems(found):
            self.fail(field, text)
        return found

    def unsubscribe(self, draft: message.Draft) -> None:
        if len(draft.recipients) > 1:
            text = "a message with a link to unsubscribe has exactly one recipient"
            self.fail("unsubscribe", text)
        if any(one.startswith("*@") for one in draft.recipients):
            text = "on the suppression list this address stands for its whole domain"
            self.fail("unsubscribe", text)
        names = {name.lower() for name in self.given.headers}
        if draft.content.raw is not None:
            names |= raw.names(draft.content.raw)
        if not names.isdisjoint(headers.UNSUBSCRIBE):
            self.fail("unsubscribe", "the message has a List-Unsubscribe of its own")

    def bodies(self) -> None:
        given = self.given
        if given.text is None and given.html is None and not given.attachments:
            self.fail("text", "a message has a text, an html body or an attachment")
        for field in ("text", "html"):
            body = getattr(given, field)
            if body is not None and not _is_unicode(body):
                self.fail(field, "not valid Unicode text")


def check(given: request.MessageIn, now: int) -> message.Draft:
    """Return the message to accept.

    Args:
        now: milliseconds since 1970.

    Raises:
        Invalid: with everything that is wrong.
    """
    work = _Check(given, now)
    to, cc, bcc, reply_to = (
        work.mailboxes(field, getattr(given, field))
        for field in ("to", "cc", "bcc", "reply_to")
    )
    if given.raw is None:
        content, sender = _composed(work, to, cc, reply_to)
    else:
        content, sender, named = _raw(work)
        to = to or named
    return_path = given.return_path
    if return_path == "":
        # The null reverse-path (RFC 5321 section 4.5.5); From is judged as ever.
        sender = ""
    elif return_path is not None:
        found = work.mailbox("return_path", return_path)
        if found is not None:
            sender = found.address
            work.sender_domain("return_path", sender)
    for field, boxes in (("to", to), ("cc", cc), ("bcc", bcc)):
        work.simulated(field, boxes)
    recipients = _unique([*to, *cc, *bcc])
    if not recipients and not work.errors:
        work.fail("to", "a message has at least one recipient")
    if len(recipients) > request.RECIPIENTS_MAX:
        work.fail("to", _TOO_MANY)
    due_at = work.moment("send_at", given.send_at)
    expires_at = work.moment("expires_at", given.expires_at)
    start = max(due_at or now, now)
    if start > now:
        content.dated_at = start
    if expires_at is not None and expires_at <= start:
        work.fail("expires_at", "it would expire before its first attempt")
    draft = message.Draft(
        content=content,
        sender=sender,
        sender_domains=work.domains,
        recipients=recipients,
        subject=content.subject,
        relay=given.relay,
        batch=given.batch,
        priority=work.priority(),
        due_at=due_at,
        expires_at=start + LIFETIME if expires_at is None else expires_at,
        idempotency_key=given.idempotency_key,
        content_hash=None,
        override_suppression=given.override_suppression,
        labels=work.labels(),
        unsubscribe=given.unsubscribe is True,
    )
    if draft.unsubscribe:
        work.unsubscribe(draft)
    for field in ("batch", "relay", "idempotency_key", "override_suppression"):
        text = getattr(given, field)
        if text is not None:
            work.line(field, text)
    if work.errors:
        raise Invalid(work.errors)
    if given.idempotency_key is not None:
        draft.content_hash = message.digest(_encode(given))
    return draft


def _composed(
    work: _Check,
    to: list[address.Mailbox],
    cc: list[address.Mailbox],
    reply_to: list[address.Mailbox],
) -> tuple[message.Content, str]:
    given = work.given
    sender = address.Mailbox("", "")
    if given.from_ is None:
        work.fail("from", "a message says who it is from")
    else:
        sender = work.mailbox("from", given.from_) or sender
        if sender.address:
            work.sender_domain("from", sender.address)
    work.line("subject", given.subject)
    work.bodies()
    _headers(work)
    if given.message_id is not None and not headers.is_message_id(given.message_id):
        work.fail("message_id", "a Message-ID is <left@right> in ASCII without blanks")
    content = message.Content(
        from_=sender,
        to=list(to),
        cc=list(cc),
        reply_to=list(reply_to),
        subject=given.subject,
        text=given.text,
        html=given.html,
        headers=given.headers,
        message_id=given.message_id,
        attachments=given.attachments,
    )
    return content, sender.address


def _headers(work: _Check) -> None:
    given = work.given.headers
    problem = headers.size_problem(given)
    if problem:
        work.fail("headers", problem)
        return
    for name, text in given.items():
        problem = headers.problem(name, text)
        if problem:
            work.fail("headers", problem)
    if len({name.lower() for name in given}) != len(given):
        work.fail("headers", "a header field is given twice")


def _raw(work: _Check) -> tuple[message.Content, str, list[address.Mailbox]]:
    given = work.given
    empty = message.Content(from_=("", ""))
    for field in _NOT_WITH_RAW:
        if getattr(given, field):
            work.fail(field, "it is part of the raw message")
    try:
        parsed = raw.parse(inline.decode_text(given.raw or ""))
    except ValueError as error:
        work.fail("raw", str(error))
        return empty, "", []
    for author in parsed.authors:
        work.sender_domain("raw", author)
    if given.from_ is not None:
        envelope = work.mailbox("from", given.from_)
        if envelope is not None:
            work.sender_domain("from", envelope.address)
            return parsed.content, envelope.address, parsed.recipients
    return parsed.content, parsed.sender, parsed.recipients


def _unique(boxes: abc.Iterable[address.Mailbox]) -> list[str]:
    found: dict[str, str] = {}
    for box in boxes:
        found.setdefault(address.normal(box.address), box.address)
    return list(found.values())


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text
