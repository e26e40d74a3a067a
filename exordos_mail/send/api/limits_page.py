# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`python -m exordos_mail.send.api.limits_page`: every bound that a caller can meet.

docs/send/limits.md is what this prints; a test compares the two. Values come from the
code that enforces them: `limits`, constants, and the bounds of members in OpenAPI.
"""

import collections.abc as abc
import sys
import typing as tp

from exordos_mail.schema import relay
from exordos_mail.send import limits, options
from exordos_mail.send.api import openapi, routes
from exordos_mail.send.attachments.context import Limits as Attachments
from exordos_mail.send.attachments.media_type import LENGTH_MAX
from exordos_mail.send.content import address, check, headers, raw, request, words
from exordos_mail.send.queue import bounds, settle
from exordos_mail.standards import address as standard

_HEAD = """\
# Limits of the send service

Every bound that a caller can meet: its value, the status and text of the answer, and
how an operator sets it. `make openapi` makes this page from the code that enforces the
bounds; a test compares it.

A 4xx names the member that is wrong. 429 and 503 come with `Retry-After` where the
service knows a time.

On a mail node nginx is in front. It closes a connection that is too slow, without an
answer, where 408 stands below, and answers 429 to an address (IPv4, or IPv6 /64) with
more than 1,000 requests in a second.
"""
_ATTACHMENTS, _DAY = Attachments(), 24 * 3600 * 1000
_MIB = 1024 * 1024
_BODY, _KEEP, _LOG = (
    options.NAMED[name].default for name in ("body_mib", "keep_days", "log_days")
)
_Row = tuple[str, str, str, str, str]

_CONTENT: tuple[_Row, ...] = (
    ("a request with mail", f"{_BODY} MiB", "413", "the body is too large",
     "`--body-mib`"),
    ("recipients of a message, blind ones included", f"{request.RECIPIENTS_MAX:,}",
     "422", "at most so many recipients", ""),
    ("an address", f"{standard.ADDRESS_MAX} octets", "422", "names the part", ""),
    ("its domain, and a label of it",
     f"{standard.DOMAIN_MAX} and {standard.LABEL_MAX} octets", "422",
     "names the part", ""),
    ("a display name", f"{address.NAME_MAX} characters", "422", "names the member", ""),
    ("a subject", f"{request.LINE_MAX} characters", "422", "names the member", ""),
    ("header fields of a message", f"{headers.FIELDS_MAX:,}", "422",
     "at most so many header fields", ""),
    ("all header fields together", f"{headers.OCTETS_MAX:,} octets", "422",
     "so many octets together", ""),
    ("a run without a blank in a structured field", f"{words.RUN_MAX} characters",
     "422", "names the field", ""),
    ("the header of `raw`", f"{raw.HEADER_MAX:,} octets", "422", "names `raw`", ""),
    ("a line of `raw`", f"{words.LINE_MAX} octets", "422", "names `raw`", ""),
    ("a media type with its parameters", f"{LENGTH_MAX} characters", "422",
     "names the member", ""),
    ("`send_at`, from now", f"{check.FUTURE_MAX // _DAY} days", "422",
     "names the member", ""),
)  # fmt: skip
_ATTACHED: tuple[_Row, ...] = (
    ("attachments of a message", f"{_ATTACHMENTS.count}", "422", "names the member",
     ""),
    ("one attachment, decoded", f"{_ATTACHMENTS.each_bytes // _MIB} MiB",
     "422, or `failed`", "larger than so many bytes", ""),
    ("all of a message, decoded", f"{_ATTACHMENTS.total_bytes // _MIB} MiB",
     "422, or `failed`", "together larger than so many bytes", ""),
    ("redirects of a URL", f"{_ATTACHMENTS.redirects}", "`failed`",
     "more than so many redirects", ""),
    ("to connect to a source, and between its octets",
     f"{_ATTACHMENTS.connect_seconds:g} and {_ATTACHMENTS.read_seconds:g} seconds",
     "tried again", "the reason is in the event", ""),
    ("for one attachment, and for all of a message",
     f"{_ATTACHMENTS.each_seconds:g} and {_ATTACHMENTS.total_seconds:g} seconds",
     "tried again", "the reason is in the event", ""),
)  # fmt: skip
_STORED: tuple[_Row, ...] = (
    ("messages of a tenant that wait", f"{bounds.MESSAGES:,}", "429",
     "`too_much_waiting`", "`--waiting-messages`; `waiting_messages` of the tenant"),
    ("octets of them", f"{bounds.MEBIBYTES:,} MiB", "429", "`too_much_waiting`",
     "`--waiting-mib`; `waiting_mib` of the tenant"),
    ("messages of a tenant and of a relay in a minute, an hour, a day", "none",
     "waits, or 429", "the state and its reason say so",
     "`limit_minute`, `limit_hour`, `limit_day` of tenant and relay"),
    ("days that a final message is kept", f"{_KEEP}", "404 after that", "",
     "`--keep-days`"),
    ("days that the command log goes back", f"{_LOG}", "", "", "`--log-days`"),
)  # fmt: skip
_SMTP: tuple[_Row, ...] = (
    ("seconds for a reply of an SMTP server", f"{relay.TIMEOUT.default}",
     "`deferred`", "`timeout`", f"`{relay.TIMEOUT.name}` of the relay"),
    ("seconds for the reply to a whole message", f"{relay.END_TIMEOUT.default}",
     "`deferred`", "`timeout`", f"`{relay.END_TIMEOUT.name}` of the relay"),
    ("attempts", f"{len(settle.DELAYS) + 1} and more, until `expires_at`", "`failed`",
     "`expired`", "`--retry`, `expires_at`"),
)  # fmt: skip


def page() -> str:
    """Return the page, in Markdown."""
    parts = [_HEAD]
    groups = {one.group for one in limits.ALL}
    for group in sorted(groups - {"Messages"}):
        parts.append(_section(group, _registered(group)))
    content = [*_registered("Messages"), *_CONTENT]
    parts.append(_section("Messages", content))
    parts.append(_section("Attachments", _ATTACHED))
    parts.append(_section("What is kept and waits", _STORED))
    parts.append(_section("Delivery", _SMTP))
    parts.append(_members())
    return "\n".join(parts)


def _section(title: str, rows: abc.Iterable[_Row]) -> str:
    lines = ["| what | bound | answer | text | set by |", "|---|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return f"## {title}\n\n" + "\n".join(lines) + "\n"


def _registered(group: str) -> abc.Iterator[_Row]:
    for one in limits.ALL:
        if one.group == group:
            status = str(one.status) if one.status else "closed"
            option = f"`{one.option}`" if one.option else ""
            value = f"{one.value:,} {one.unit}".strip()
            yield one.what, value, status, one.said(), option


def _members() -> str:
    """Return the bounds of each member and parameter, as OpenAPI has them."""
    described = openapi.describe(routes.TABLE)
    lines = ["| member | bound |", "|---|---|"]
    for name, schema in sorted(described["components"]["schemas"].items()):
        for member, one in schema.get("properties", {}).items():
            found = ", ".join(bounds_of(one))
            if found and not name.endswith("Out"):
                lines.append(f"| `{name}.{member}` | {found} |")
    text = "A member beyond its bound is 422 and named; a parameter of a query too.\n"
    return f"## Members\n\n{text}\n" + "\n".join(lines) + "\n"


#: Words of JSON Schema, and what they mean for a reader.
_WORDS: tp.Final = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} entries",
    "maxItems": "at most {} entries",
}


def bounds_of(schema: dict[str, tp.Any]) -> abc.Iterator[str]:
    """Yield the bounds of a schema and of what is inside of it, for a reader."""
    for word, text in _WORDS.items():
        if word in schema:
            yield text.format(f"{schema[word]:,}")
    for one in (*schema.get("anyOf", ()), schema.get("items")):
        if isinstance(one, dict) and one:
            yield from bounds_of(one)


if __name__ == "__main__":
    sys.stdout.write(page())
