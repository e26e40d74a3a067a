# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

r"""A line of exim's main log, read (exim specification, chapter 53).

A line begins with what exim writes itself. Texts of clients and servers come later in
it, so it is read from the left, each part to its own end, and never searched. The first
of these lines is ours (acl_content.j2).

    time [pid] id SUBMITTED login=<…> submitter=<…> message-id=<…> sender=<…>
    time [pid] id <= sender … for address address …
    time [pid] id => address F=<sender> R=… T=… H=… [ip]:port X=… CV=… C="reply" …
    time [pid] id ** address F=<sender> R=… T=… H=… [ip]:port …: text
    time [pid] id == address F=<sender> R=… T=… defer (errno) H=… [ip]:port …: text
    time [pid] id removed by root
    time [pid] id Completed …
"""

import datetime
import hashlib
import re
import typing as tp

from exordos_mail.protocol import outcomes

_HEAD = re.compile(
    rb"([0-9]{4}(?:-[0-9]{2}){2} [0-9]{2}(?::[0-9]{2}){2}\.[0-9]{3}) \[[0-9]+\]"
    rb" ([0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4})"
    rb" (SUBMITTED|<=|=>|->|\*\*|==|removed by|Completed)(?: |$)"
)
_SUBMITTED = re.compile(
    r"login=<([^>]*)> submitter=<([^>]*)> message-id=<([^>]*)>"
    r" sender=<(.*)>$"
)
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_ADDRESSES = re.compile(rf"(?:{_QUOTED}|[^\s\"])+")
# exim cuts off what is longer than its buffer: then the last " for " may be a client's.
_WHOLE = 8000
# As exim reads it, which may be without quotes; then as it was given.
_RECIPIENT = re.compile(r"(.+?)(?: <(.+?)>)?(?= F=<| R=| (?:routing )?defer \()")
# `R=…` and the like: a text in quotes, one in brackets, a word up to a blank or `: `.
_FIELD = re.compile(
    rf" ([A-Z]{{1,4}})=({_QUOTED}|<(?:{_QUOTED}@[^>]*|[^>]*)>|\S*?(?=:? |:?$))"
)
_ADDRESS = re.compile(r" \[([0-9A-Fa-f:.]{2,45})\](?::[0-9]{1,5})?")
# The flags of a delivery: DNSSEC, chunking, pipelining, TCP fast open.
_FLAG = re.compile(r" (?:DS|K|L\*?|PRDR|TFO\*?|\*)(?=[ :]|$)")
_DEFER = re.compile(r" (?:routing )?defer \(-?[0-9]+\)")
# Of a failure the time comes after the text.
_TIME = re.compile(r"(?: [DQ]T=[0-9.smhdw]+)+$")
_REMOTE = re.compile(
    r"SMTP error from remote mail server after (.*?): (?=[245][0-9][0-9]\b)"
)
_CODE = re.compile(
    r"([245][0-9][0-9])(?:[ -](?:([245]\.[0-9]{1,3}\.[0-9]{1,3})(?=[ \\]|$))?|$)"
)
_GIVEN_UP = re.compile(
    r"retry timeout exceeded|all hosts (?:for \S+ )?have been failing for a long time"
)
_SMARTHOST = "smarthost"
# In the place of an address: nobody is as exim writes this one alone.
_NOBODY = ":blackhole:"


class Submitted(tp.NamedTuple):
    """A client's message has been taken.

    Attributes:
        accepted_at: milliseconds since 1970.
        login: the account's address, "" for the send service's messages.
        submitter: of the send service (standards/submitter.py), else "".
    """

    queue_id: str
    accepted_at: int
    login: str
    submitter: str
    message_id: str
    sender: str


class Taken(tp.NamedTuple):
    """Whom a message is for; nobody, if there was no room for all in the line."""

    queue_id: str
    recipients: tuple[str, ...]


class Dropped(tp.NamedTuple):
    """A recipient got nothing: an alias led to nobody (`:blackhole:`)."""

    queue_id: str
    recipient: str


class Removed(tp.NamedTuple):
    """Somebody has taken a message from the queue."""

    queue_id: str


class Completed(tp.NamedTuple):
    """Nothing more happens to a message."""

    queue_id: str
    at: int


#: What was done for one recipient; of the message it says no more than the line does.
Event = Submitted | Taken | Dropped | Removed | Completed | outcomes.Outcome


def read(line: bytes) -> Event | None:
    """Return what a line tells; None: nothing that is asked for here.

    Args:
        line: without its end; exim writes local time.
    """
    head = _HEAD.match(line)
    if head is None:
        return None
    at, queue_id, kind = moment(head[1]), head[2].decode(), head[3].decode()
    if kind == "Completed":
        return Completed(queue_id, at)
    if kind == "removed by":
        return Removed(queue_id)
    rest = line[head.end() :].decode("utf-8", "replace")
    if kind == "<=":
        whom = rest.rpartition(" for ")[2] if len(line) < _WHOLE else ""
        return Taken(queue_id, tuple(_ADDRESSES.findall(whom)))
    if kind == "SUBMITTED":
        found = _SUBMITTED.match(rest)
        return None if found is None else Submitted(queue_id, at, *found.groups())
    named = _RECIPIENT.match(rest)
    if named is None:
        return None
    if named[1] == _NOBODY:
        return Dropped(queue_id, named[2] or "")
    fields, end = _fields(rest, named.end())
    text = _TIME.sub("", rest[end:].removeprefix(":").strip())
    said = _unquoted(fields.get("C", "")) if kind in ("=>", "->") else text
    recipient = named[2] or named[1]
    # It may look like a reply.
    said = said.replace(recipient, "…", 1)
    reply = _REMOTE.sub("", said, count=1).replace("\\n", " ")
    code = _CODE.match(reply)
    return outcomes.Outcome(
        id=hashlib.sha256(line).hexdigest()[:32],
        at=at,
        state=_state(kind, fields, text, code),
        queue_id=queue_id,
        accepted_at=0,
        login="",
        sender="",
        recipient=outcomes.fitted("recipient", recipient),
        message_id="",
        host=outcomes.fitted("host", fields.get("H", "")),
        address=fields.get("ip", ""),
        tls=outcomes.fitted("tls", _tls(fields)),
        code=int(code[1]) if code else None,
        enhanced=code[2] if code else None,
        reply=outcomes.fitted("reply", reply),
    )


def delivered_unsaid(queue_id: str, recipient: str, at: int) -> outcomes.Outcome:
    """Return the outcome of a delivery that exim has noted and not logged.

    It notes each in a file of its own, and the line comes after that; one who is killed
    in between goes on with the others, and completes the message.
    """
    words = f"{queue_id} {recipient}".encode()
    return outcomes.Outcome(
        id=hashlib.sha256(words).hexdigest()[:32],
        at=at,
        state="delivered",
        queue_id=queue_id,
        accepted_at=0,
        login="",
        sender="",
        recipient=outcomes.fitted("recipient", recipient),
        message_id="",
        host="",
        address="",
        tls="",
        code=None,
        enhanced=None,
        reply="exim has delivered it, and was interrupted before it logged the reply",
    )


def _fields(text: str, at: int) -> tuple[dict[str, str], int]:
    """Return the fields from a position on, and where they end; the first counts."""
    fields: dict[str, str] = {}
    while True:
        if found := _FIELD.match(text, at):
            fields.setdefault(found[1], found[2])
        elif found := _ADDRESS.match(text, at):
            fields.setdefault("ip", found[1])
        elif not (found := _FLAG.match(text, at) or _DEFER.match(text, at)):
            return fields, at
        at = found.end()


def _state(
    kind: str, fields: dict[str, str], text: str, code: re.Match[str] | None
) -> str:
    if kind == "==":
        return "delayed"
    if kind == "**":
        # Who refuses for good may say anything.
        is_refusal = code is not None and code[1].startswith("5")
        is_given_up = not is_refusal and _GIVEN_UP.search(text)
        return "expired" if is_given_up else "bounced"
    to_smarthost = fields.get("T", "").startswith(_SMARTHOST)
    return "relayed" if to_smarthost else "delivered"


def _tls(fields: dict[str, str]) -> str:
    version = fields.get("X", "").partition(":")[0]
    proved = {"yes": " verified", "dane": " dane"}.get(fields.get("CV", ""), "")
    return version + proved if version else ""


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


def moment(stamp: bytes) -> int:
    """Return the milliseconds since 1970 of the time that a line begins with."""
    found = datetime.datetime.strptime(stamp.decode(), "%Y-%m-%d %H:%M:%S.%f")
    return round(found.timestamp() * 1000)
