# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Bounces without a delivery status: guessed from their text for people.

What is found here is never sure: anybody can write such a text.
"""

import collections.abc as abc
import itertools
import re
import typing as tp

from exordos_mail.send.bounces import header, reply
from exordos_mail.send.bounces.report import DELAYED, DELIVERED, FAILED, Finding

#: Characters of a text that are looked at, and recipients that are found there.
TEXT_MAX = 64 * 1024
RECIPIENTS_MAX = 50
#: Places of recipients in a text, of whom some may be there twice.
_PLACES_MAX = 4 * RECIPIENTS_MAX


class Style(tp.NamedTuple):
    """How a server writes that a message was not delivered."""

    name: str
    #: Found in the text of every bounce of the kind.
    marker: re.Pattern[str]
    #: A line with a recipient, which is its first group; the lines after it say why.
    recipient: re.Pattern[str]
    #: Where the returned message begins.
    end: re.Pattern[str]


def _re(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE | re.MULTILINE)


_ADDRESS = r"([^\s<>():;,@\"]{1,64}@[^\s<>():;,@\"]{1,255})"
STYLES = (
    Style(
        "exim",
        _re(
            r"^This message was created automatically by mail delivery software"
            r"|^A message that you (?:have )?sent could not be delivered to"
            r"|^A message that you sent has not yet been delivered to"
        ),
        _re(rf"^ {{2}}{_ADDRESS}[ \t]*$"),
        _re(r"^-{2,} This is a copy of (?:the|your) message"),
    ),
    Style(
        "postfix",
        _re(r"^This is the (?:mail system at host|Postfix program at host)"),
        _re(rf"^<{_ADDRESS}>(?: \(expanded from [^)\n]{{0,300}}\))?:"),
        _re(r"^--[^\n]{0,80}\nContent-(?:Type|Description):"),
    ),
    Style(
        "sendmail",
        _re(r"----- The following addresses had (?:permanent|transient)"),
        _re(rf"^<?{_ADDRESS}>?[ \t]*$"),
        _re(r"----- (?:Original|Unsent) message follows -----"),
    ),
    Style(
        "qmail",
        _re(
            r"^Hi\. This is the qmail-send program at"
            r"|^I'm afraid I wasn't able to deliver"
        ),
        _re(rf"^<{_ADDRESS}>:"),
        _re(r"^--- Below this line is (?:a copy|the original)"),
    ),
    Style(
        "exchange",
        _re(
            r"^Delivery has failed to these recipients|^Your message did not reach some"
            r"|^Diagnostic information for administrators:"
        ),
        _re(rf"^[ \t]{{0,8}}<?{_ADDRESS}>?(?:[ \t]{{1,4}}on [^\n]{{0,60}})?[ \t]*$"),
        _re(r"^Original message headers:"),
    ),
    Style(
        "opensmtpd",
        _re(r"^ *This is the MAILER-DAEMON, please DO NOT REPLY to this e-?mail"),
        _re(rf"^{_ADDRESS}: "),
        _re(r"^ *Below is a copy of the original message:"),
    ),
)
_DELAYED = _re(
    r"has not yet been delivered|has been delayed|\bwarning message only\b"
    r"|will (?:be retried|keep trying)|transient (?:non-)?fatal errors"
    r"|is only a temporary failure report"
)
_SERVER = _re(
    r"\bhost ([A-Za-z0-9.-]{1,255})|^Remote Server[^\n]{0,40}at ([A-Za-z0-9.-]{1,255})"
)


def style_of(text: str) -> Style | None:
    """Return whose bounce a text looks like; None: it does not look like one."""
    text = text[:TEXT_MAX]
    return next((one for one in STYLES if one.marker.search(text)), None)


def findings(style: Style, text: str) -> list[Finding]:
    """Return what a text seems to say of each recipient."""
    text = _own(style, text)
    action = DELAYED if _DELAYED.search(text) else FAILED
    found: dict[str, Finding] = {}
    for address, reason in _blocks(style, text):
        code, enhanced = reply.codes(_end(reason))
        server = _SERVER.search(reason)
        one = Finding(
            addresses=[address],
            # Postfix reports a success in the same form.
            action=DELIVERED if str(code).startswith("2") else action,
            enhanced=enhanced,
            code=code,
            text=reply.line(reason),
            server="" if server is None else (server[1] or server[2]),
            sure=False,
        )
        # Of two blocks for a recipient the one with a code says more.
        if address not in found or found[address].code is None:
            found[address] = one
        if len(found) == RECIPIENTS_MAX:
            break
    return list(found.values())


def returned(style: Style, text: str) -> header.Fields:
    """Return the header of the message that a text returns."""
    found = style.end.search(text[: 4 * TEXT_MAX])
    if found is None:
        return {}
    rest = text[found.end() :].partition("\n")[2].lstrip("\n")
    # What is copied may begin with a header of its part.
    blocks = rest[: header.OCTETS_MAX].split("\n\n")[:2]
    return header.parse("\n".join(blocks).encode(errors="replace"))


def _own(style: Style, text: str) -> str:
    """Return what the server has written itself."""
    text = text[:TEXT_MAX]
    found = style.end.search(text)
    return text if found is None else text[: found.start()]


def _blocks(style: Style, text: str) -> abc.Iterator[tuple[str, str]]:
    places = list(itertools.islice(style.recipient.finditer(text), _PLACES_MAX))
    ends = [*(one.start() for one in places), len(text)][1:]
    for place, end in zip(places, ends, strict=False):
        said = text[place.end() : end][: 4 * reply.TEXT_MAX]
        yield place[1].strip(".'"), said.lstrip("\n").partition("\n\n")[0]


def _end(reason: str) -> str:
    """Return the server's reply: what stands behind the last thing that was said."""
    said = re.split(r"said: |RCPT TO:<[^>\n]{0,320}>:|end of data:|reason: ", reason)
    return said[-1].strip()
