# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Messages that the caller has composed: what is judged is what is sent."""

import base64
import email.parser
import email.policy
import re
import typing as tp

import hypothesis
import hypothesis.strategies as st
import msgspec
import pytest

from exordos_mail.send.content import check, raw, request

FROM = b"From: ann@example.com\r\n"
HIDDEN = b" Hid Den <hid@hidden.example>,\r\n\thid2@hidden.example"


def _parse(*fields: bytes, body: bytes = b"hello\r\n") -> raw.Raw:
    return raw.parse(b"".join([*(f + b"\r\n" for f in fields), b"\r\n", body]))


def _header(found: raw.Raw) -> bytes:
    return tp.cast(bytes, found.content.raw).partition(b"\r\n\r\n")[0]


def _to(found: raw.Raw) -> list[str]:
    return [box.address for box in found.recipients]


@pytest.mark.parametrize("name", [b"Bcc", b"bcc", b"BCC"])
def test_blind_recipients_are_recipients_and_not_sent(name: bytes) -> None:
    found = _parse(FROM.strip(), b"To: bob@example.net", name + b":" + HIDDEN)
    assert _to(found) == [
        "bob@example.net",
        "hid@hidden.example",
        "hid2@hidden.example",
    ]
    assert b"hidden" not in _header(found)
    assert _header(found).startswith(FROM)


def test_resent_message_goes_to_whom_it_is_resent() -> None:
    found = _parse(
        b"Resent-From: eve@example.org",
        b"Resent-Bcc:" + HIDDEN,
        FROM.strip(),
        b"To: bob@example.net",
        b"Sender: sam@example.com",
    )
    assert _to(found) == ["hid@hidden.example", "hid2@hidden.example"]
    assert found.sender == "eve@example.org"
    assert set(found.authors) == {
        *("ann@example.com", "sam@example.com", "eve@example.org"),
    }
    assert b"hidden" not in _header(found)


@pytest.mark.parametrize(
    "field",
    [
        b"Bcc :" + HIDDEN,
        b"bcc\t:" + HIDDEN,
        b"Resent-Bcc  :" + HIDDEN,
        b"From : ceo@victim.example",
        b"from: ceo@victim.example",
        b"X-A : 1",
        b" Bcc: x@y.example",
        b"Subject: a\r\n \t\r\n b",
        b"Subject: a\rBcc: x@y.example",
        b"Subject: a\x0bb",
        b"Subject: a\xc2\x85b",
        b"Subject: a\xff",
        b"Subject: a\0",
        b": x",
        b"no colon",
        b"Sub ject: x",
        b"S\xc3\xbcbject: x",
        b"Subject: x\r\nSubject: y",
        b"Content-Type: text/plain\r\nContent-Type: text/html",
        b"Resent-To: a@b.example\r\nResent-To: c@d.example",
        b"Sender: a@b.example, c@d.example",
        b"To: nobody",
        b"Reply-To: nobody",
        b"X-A: " + b"x" * 995,
        b"X-A: y\r\n" + b" x\r\n" * 30_000 + b" y",
    ],
)
def test_what_two_readers_could_read_in_two_ways_is_refused(field: bytes) -> None:
    with pytest.raises(raw.RawError) as caught:
        _parse(FROM.strip(), b"To: bob@example.net", field)
    assert "victim" not in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"a@b.example, c@d.example",
        b"a@b.example,",
        b",a@b.example",
        b"Team: a@b.example;",
        b"Team:;",
        b"ceo@victim.example <a@b.example>",
        b"a@b.example <ceo@victim.example>",
        b"ceo@victim.example a@b.example",
        b"<a@b.example> <ceo@victim.example>",
        b"<a@b.example> trailing",
        b"<a@b.example",
        b"a@b.example>",
        b"<@r.example:a@b.example>",
        b"a @b.example",
        b"<a @b.example>",
        b"a(c)@b.example",
        b"<a(c)@b.example>",
        b"a@b.example (",
        b"a@b.example )",
        b'"a@b.example',
        b"a@b",
        b"a@[192.0.2.1]",
        b"=?utf-8?q?ceo=40victim.example?=",
        b"=?utf-8?q?x@victim.example,?= <a@b.example>",
        b"a@b.example; c@d.example",
        b"(" * 900 + b"\r\n " + b"(" * 900 + b"a@b.example",
        b"<" * 900,
        b'"' + b"\\" * 800,
    ],
)
@pytest.mark.parametrize("name", [b"From", b"Sender", b"Resent-From"])
def test_author_is_one_address_and_nothing_else(name: bytes, value: bytes) -> None:
    rest = [] if name == b"From" else [FROM.strip()]
    if not value and rest:
        # A field that says nothing is as none.
        assert _parse(*rest, name + b":").authors == ["ann@example.com"]
        return
    with pytest.raises(raw.RawError):
        _parse(*rest, b"To: bob@example.net", name + b": " + value)


@pytest.mark.parametrize(
    "value",
    [
        b"a@b.example",
        b"<a@b.example>",
        b"Ann B. <a@b.example>",
        b'"Ann, ceo@victim.example" <a@b.example>',
        b"a@b.example (Ann (nested \\( ) comment)",
        b"(x) =?utf-8?q?ceo=40victim.example?=\r\n\t<a@b.example>\t(y)",
        b"\xc3\x84nn <a@B.EXAMPLE>",
        b"(" * 450 + b"\r\n " + b")" * 450 + b"a@b.example",
    ],
)
def test_author_that_everybody_reads_alike(value: bytes) -> None:
    found = _parse(b"From: " + value, b"To: bob@example.net")
    assert found.authors == ["a@b.example"]


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        (b"undisclosed-recipients:;", []),
        (b"undisclosed recipients: ;", []),
        (b"Team: a@b.example, C <c@d.example>; , e@f.example", ["a", "c", "e"]),
        (b"A:a@b.example;,B:c@d.example;", ["a", "c"]),
        (b"a@b.example,, c@d.example,", ["a", "c"]),
        (b"a@fa\xc3\x9f.example", ["a"]),
    ],
)
def test_group_is_read_as_its_members(value: bytes, addresses: list[str]) -> None:
    found = _parse(FROM.strip(), b"To: " + value)
    assert [one.partition("@")[0] for one in _to(found)] == addresses
    assert b"To: " + value in _header(found)


def test_fields_of_nothing_are_left_out() -> None:
    dropped = [b"Cc:", b"Reply-To: (none)", b"Date: ", b"message-id:"]
    foreign = [b"X-Exordos-Mail-ID: foreign", b"Return-Path: <x@y.example>"]
    found = _parse(FROM.strip(), b"To: a@b.example", *dropped, *foreign)
    assert _header(found) == FROM + b"To: a@b.example"


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_line_ends_become_those_of_mail(end: bytes) -> None:
    lines = [b"From: a@b.example", b"X-A: 1", b" 2", b"", b"x", b"", b".y"]
    found = raw.parse(end.join(lines) + b"\rz\n\r")
    assert found.content.raw == b"\r\n".join([*lines, b"z", b"", b""])


@pytest.mark.parametrize("body", [b"\0", b"x" * 999, b"a\r\n" + b"x" * 999 + b"\r\n"])
def test_body_that_cannot_be_sent_is_refused(body: bytes) -> None:
    with pytest.raises(raw.RawError):
        _parse(FROM.strip(), body=body)


def _check(given: dict[str, tp.Any]) -> tp.Any:
    data = base64.b64encode(given.pop("raw")).decode()
    return check.check(msgspec.convert({"raw": data, **given}, request.MessageIn), 0)


def test_members_beside_raw_add_and_do_not_replace() -> None:
    given = FROM + b"To: bob@example.net\r\nBcc: hid@example.net\r\n\r\nx"
    draft = _check({"raw": given, "cc": "c@example.net", "bcc": ["d@example.net"]})
    wanted = ["bob", "hid", "c", "d"]
    assert [one.partition("@")[0] for one in draft.recipients] == wanted
    draft = _check({"raw": given, "to": "e@example.net", "bcc": "d@example.net"})
    assert draft.recipients == ["e@example.net", "d@example.net"]


@pytest.mark.parametrize("field", ["reply_to", "subject", "text", "html", "message_id"])
def test_member_that_cannot_be_honoured_is_refused(field: str) -> None:
    with pytest.raises(check.Invalid) as caught:
        _check({"raw": FROM + b"To: b@c.example\r\n\r\n", field: "<a@b.example>"})
    assert [error.field for error in caught.value.errors] == [field]


def test_base64_may_stand_in_lines_and_without_padding() -> None:
    text = base64.encodebytes(FROM + b"To: b@c.example\r\n\r\nlonger than a line" * 9)
    given = {"raw": text.decode().replace("=", "").replace("\n", "\r\n")}
    found = check.check(msgspec.convert(given, request.MessageIn), 0)
    assert found.recipients == ["b@c.example"]


_NAMES = ["From", "from ", "To", "Cc\t", "Bcc", "bcc", "Bcc ", "X-A", "X-A ", "Sender"]
_VALUES = [
    *("a@b.example", "A <a@b.example>", "a@b.example, c@d.example", "", " "),
    *("T: a@b.example;", "(c) a@b.example", "=?utf-8?q?x?= <a@b.example>", "a\n b"),
]
_FIELDS = st.tuples(
    st.sampled_from(_NAMES),
    st.sampled_from([":", " :", ":\r\n ", ":\r\n \r\n "]),
    st.sampled_from(_VALUES),
    st.sampled_from(["\r\n", "\n", "\r", "\r\n ", "\n\t\n"]),
).map("".join)


@hypothesis.given(st.lists(_FIELDS, max_size=5))
def test_python_reads_the_same_fields_of_what_is_sent(fields: list[str]) -> None:
    given = "".join(["From: ann@example.com\n", *fields, "\n\nbody"]).encode()
    try:
        found = raw.parse(given)
    except raw.RawError:
        return
    sent = tp.cast(bytes, found.content.raw)
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", sent)
    header, _, body = sent.partition(b"\r\n\r\n")
    assert not re.search(rb"(?im)^[^:\s]+[ \t]+:", header)
    parsed = email.parser.BytesParser(policy=email.policy.compat32).parsebytes(sent)
    assert not parsed.defects
    assert "bcc" not in map(str.lower, parsed)
    ours = re.findall(rb"(?m)^([^\s:]+):", header)
    assert [name.encode() for name in parsed] == ours
    assert tp.cast(bytes, parsed.get_payload(decode=True)) == body
