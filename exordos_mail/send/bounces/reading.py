# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""From the octets of a mail to what it says: pure, bounded in time and memory.

A delivery status or a complaint is taken for what it is wherever it stands. A
notification of disposition (RFC 8098) and an automatic reply (RFC 3834) are never a
bounce. The rest may look like one to a person, and is then a guess.
"""

import collections.abc as abc
import itertools
import re

from exordos_mail.send.bounces import feedback, header, parts, plain, report, status
from exordos_mail.send.bounces.report import Finding, MailReport
from exordos_mail.send.content.message import ID_HEADER

#: Ids of the original message that are kept.
IDS_MAX = 20
#: Texts for people, and returned messages, of one mail that are looked at.
_TEXTS_MAX = _RETURNED_MAX = 3
_DISPOSITION = "message/disposition-notification"
_RETURNED = (
    *("message/rfc822", "message/global", "message/rfc822-headers"),
    *("text/rfc822-headers", "message/global-headers"),
)
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,300}>")
_OUT_OF_OFFICE = re.compile(
    r"out of (?:the )?office|automatic reply|auto(?:matic)?[- ]?(?:reply|response)"
    r"|abwesenheit|vacation|away from (?:my|the) (?:office|mail)",
    re.IGNORECASE,
)


def read(data: bytes) -> MailReport:
    """Return what a mail says.

    Raises:
        NotMail: it has no header.
    """
    data = parts.plain(data).lstrip(b"\r\n")
    top = parts.fields_of(data)
    if not top:
        raise report.NotMail("a mail begins with header fields, as `Name: value`")
    found = list(parts.walk(data))
    ids = _ids(top, found)
    for part in found:
        if part.kind in status.TYPES:
            said = _explained(status.findings(part.text()), found)
            why = f"it has a part {part.kind}"
            return MailReport(kind=report.BOUNCE, why=why, ids=ids, findings=said)
        if part.kind == feedback.TYPE:
            return _complaint(part.text(), ids)
        if part.kind == _DISPOSITION:
            why = "it tells that a message was read or thrown away (RFC 8098)"
            return MailReport(kind=report.DISPOSITION, why=why, ids=ids)
    return _by_text(top, found, ids)


def _explained(said: list[Finding], found: list[parts.MailPart]) -> list[Finding]:
    """Add to a status without replies what the text beside it says of the recipient.

    OpenSMTPD writes 5.0.0 for everything, and no reply.
    """
    if all(one.text for one in said):
        return said
    beside = {
        one.addresses[0]: one
        for text in _texts(found)
        if (style := plain.style_of(text)) is not None
        for one in plain.findings(style, text)
    }
    for finding in said:
        named = next((one for one in finding.addresses if one in beside), None)
        if named is not None and not finding.text:
            guess = beside[named]
            finding.text, finding.code = guess.text, guess.code
            finding.server = finding.server or guess.server
            if guess.code is not None or guess.enhanced is not None:
                finding.enhanced = guess.enhanced
    return said


def _texts(found: list[parts.MailPart]) -> abc.Iterator[str]:
    """Yield the first texts for people."""
    texts = (part for part in found if part.kind == "text/plain")
    for part in itertools.islice(texts, _TEXTS_MAX):
        yield part.text()


def _complaint(text: str, ids: list[str]) -> MailReport:
    kind = feedback.kind(text)
    if kind not in feedback.COMPLAINTS:
        why = f"its feedback type is no complaint: {kind or 'it says none'}"
        return MailReport(kind=report.OTHER, why=why, ids=ids)
    why = f"it has a part {feedback.TYPE} of the type {kind}"
    said = feedback.findings(text)
    return MailReport(kind=report.COMPLAINT, why=why, ids=ids, findings=said)


def _by_text(
    top: header.Fields, found: list[parts.MailPart], ids: list[str]
) -> MailReport:
    """Judge a mail that no part of it explains."""
    for text in _texts(found):
        style = plain.style_of(text)
        if style is None:
            continue
        said = plain.findings(style, text) or _listed(top)
        ids = _of_returned(plain.returned(style, text)) + ids
        why = f"its text looks like a bounce of {style.name}"
        kept = list(dict.fromkeys(ids))[:IDS_MAX]
        return MailReport(kind=report.BOUNCE, why=why, ids=kept, findings=said)
    if _is_automatic(top):
        why = "it is an automatic reply (RFC 3834)"
        return MailReport(kind=report.AUTO_REPLY, why=why, ids=ids)
    why = "it has no delivery status and no complaint, and does not look like a bounce"
    return MailReport(kind=report.OTHER, why=why, ids=ids)


def _listed(top: header.Fields) -> list[Finding]:
    """Return the recipients that exim names in a header field of its own."""
    named = header.first(top, "x-failed-recipients").split(",")
    return [
        Finding(addresses=[one.strip()], action=report.FAILED, sure=False)
        for one in named[: plain.RECIPIENTS_MAX]
        if "@" in one
    ]


def _is_automatic(top: header.Fields) -> bool:
    submitted = header.first(top, "auto-submitted").partition(";")[0].strip().lower()
    if submitted not in ("", "no"):
        return True
    if {"x-autoreply", "x-autorespond", "x-auto-reply"} & top.keys():
        return True
    if header.first(top, "precedence").lower() in ("auto_reply", "auto-reply"):
        return True
    return _OUT_OF_OFFICE.search(header.first(top, "subject")) is not None


def _ids(top: header.Fields, found: list[parts.MailPart]) -> list[str]:
    """Return the ids that a mail names of the one that it is about, the best first."""
    ids: list[str] = []
    returned = (part for part in found if part.kind in _RETURNED)
    for part in itertools.islice(returned, _RETURNED_MAX):
        header_of = part.content(header.OCTETS_MAX).lstrip(b"\r\n") + b"\n\n"
        ids += _of_returned(parts.fields_of(header_of))
    for name in ("in-reply-to", "references"):
        ids += _MESSAGE_ID.findall(header.first(top, name))
    return list(dict.fromkeys(ids))[:IDS_MAX]


def _of_returned(fields: header.Fields) -> list[str]:
    own = header.first(fields, ID_HEADER.lower())[:300]
    named = _MESSAGE_ID.findall(header.first(fields, "message-id"))
    return [one for one in (own, *named) if one]
