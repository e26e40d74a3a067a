# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a mail that came back says, in every form; no form breaks the reader."""

import base64
import os

from hypothesis import given, settings
from hypothesis import strategies as st
import pytest

from exordos_mail.send.bounces import header, parts, reading, reply, report, status
from tests.unit.send import bounce_corpus as corpus

_EXAMPLES = int(os.environ.get("EXORDOS_MAIL_EXAMPLES", "300"))
_EVERY = [
    pytest.param(style, cause, id=f"{style} {cause.name}")
    for style in corpus.STYLES
    for cause in corpus.CAUSES
]
_UNKNOWN = corpus.CAUSES[0]


@pytest.mark.parametrize(("style", "cause"), _EVERY)
def test_each_server_and_cause(style: str, cause: corpus.Cause) -> None:
    found = reading.read(corpus.letter(style, cause))
    assert found.kind == report.BOUNCE
    assert found.ids[0] == corpus.ID
    (one,) = found.findings
    assert one.addresses == [corpus.ADDRESS]
    assert (one.action, one.code) == ("failed", cause.code)
    assert one.enhanced == cause.enhanced
    assert cause.text in one.text
    assert one.sure == (style != "qmail")


@pytest.mark.parametrize("style", ["exim", "postfix", "sendmail", "exchange"])
def test_text_for_people_alone_is_a_guess(style: str) -> None:
    whole = corpus.letter(style, _UNKNOWN)
    whole = whole.replace(b"message/delivery-status", b"application/x-lost")
    found = reading.read(whole)
    assert (found.kind, found.ids[0]) == (report.BOUNCE, corpus.ID)
    (one,) = found.findings
    assert (one.addresses, one.sure) == ([corpus.ADDRESS], False)
    assert (one.code, one.enhanced) == (550, "5.1.1")


def test_success_as_a_text_is_no_failure() -> None:
    letter = corpus.REAL["postfix-good"]
    letter = letter.replace(b"message/delivery-status", b"application/x-lost")
    (one,) = reading.read(letter).findings
    assert (one.action, one.code, one.sure) == ("delivered", 250, False)


def _status(text: str, kind: str = "message/delivery-status", more: str = "") -> bytes:
    return (
        "From: a@b.example\nContent-Type: multipart/report; boundary=b\n\n"
        f"--b\nContent-Type: {kind}\n{more}\n{text}\n--b--\n"
    ).encode()


def test_several_recipients_and_actions() -> None:
    actions = ("failed", "delayed", "delivered", "relayed", "expanded")
    text = "Reporting-MTA: dns; x.example\n\n" + "\n".join(
        f"Final-Recipient: rfc822; {one}@example.net\nAction: {one} (x)\n"
        f"Status: 2.0.0\n"
        for one in actions
    )
    found = reading.read(_status(text)).findings
    assert [one.action for one in found] == list(actions)
    assert [one.addresses for one in found] == [
        [f"{one}@example.net"] for one in actions
    ]


def test_recipients_without_blank_lines_between() -> None:
    text = (
        "Original-Recipient: rfc822;a@example.net\n"
        "Final-Recipient: rfc822;b@x.example\n"
        "Action: failed\nStatus: 5.1.1\n"
        "Original-Recipient: rfc822;c@example.net\n"
        "Final-Recipient: rfc822;d@x.example\n"
        "Action: delayed\nStatus: 4.4.1\n"
    )
    found = reading.read(_status(text)).findings
    assert [(one.addresses, one.action) for one in found] == [
        (["a@example.net", "b@x.example"], "failed"),
        (["c@example.net", "d@x.example"], "delayed"),
    ]


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        ("rfc822; a@example.net", ["a@example.net"]),
        ("RFC822;<a@example.net> (Ann)", ["a@example.net"]),
        ("a@example.net", ["a@example.net"]),
        ("rfc822;a+2Bb@example.net", ["a+2Bb@example.net", "a+b@example.net"]),
        (
            r"utf-8; j\x{F6}rg@example.net",
            [r"j\x{F6}rg@example.net", "jörg@example.net"],
        ),
        ("utf-8;jörg@example.net", ["jörg@example.net"]),
        (r"utf-8; \x{110000}\x{D800}@example.net", [r"\x{110000}\x{D800}@example.net"]),
        ("=?utf-8?Q?rfc822=3Ba=40example=2Enet?=", ["a@example.net"]),
        ("local-user", []),
    ],
)
def test_forms_of_addresses(value: str, addresses: list[str]) -> None:
    assert status.addresses(value) == addresses


def test_global_status_in_base64_and_an_alternative() -> None:
    text = "Final-Recipient: utf-8; jörg@example.net\nAction: failed\nStatus: 5.1.1\n"
    encoded = base64.encodebytes(text.encode()).decode()
    more = "Content-Transfer-Encoding: base64\n"
    found = reading.read(_status(encoded, "message/global-delivery-status", more))
    assert found.findings[0].addresses == ["jörg@example.net"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("550 5.1.1 no", (550, "5.1.1")),
        ("550-5.1.1 no", (550, "5.1.1")),
        ("#550 5.1.1 no ##", (550, "5.1.1")),
        ("550 no such user", (550, None)),
        ("host x[192.0.2.1] said: 451 4.7.1 later", (451, "4.7.1")),
        ("550 see 4.7.1", (550, None)),
        ("from 192.0.2.5.1.1", (None, None)),
        ("version 5.1.1.2", (None, None)),
        ("unknown user", (None, None)),
        ("", (None, None)),
    ],
)
def test_codes_in_a_text(text: str, codes: tuple[int | None, str | None]) -> None:
    assert reply.codes(text) == codes


@pytest.mark.parametrize("kind", ["abuse", "fraud", "opt-out"])
def test_complaint(kind: str) -> None:
    whole = corpus.complaint("Original-Rcpt-To: <ann@example.net>", kind=kind)
    found = reading.read(whole)
    assert (found.kind, found.ids[0]) == (report.COMPLAINT, corpus.ID)
    (one,) = found.findings
    assert (one.addresses, one.action) == ([corpus.ADDRESS], "complained")
    assert one.text == f"{kind}: Loop/1.0"


def test_complaint_without_an_address() -> None:
    (one,) = reading.read(corpus.complaint()).findings
    assert (one.addresses, one.action) == ([], "complained")
    (one,) = reading.read(corpus.complaint("Original-Rcpt-To: redacted")).findings
    assert one.addresses == []


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "virus", ""])
def test_feedback_that_is_no_complaint(kind: str) -> None:
    found = reading.read(corpus.complaint(kind=kind))
    assert (found.kind, found.findings) == (report.OTHER, [])


def _mail(header_fields: str, body: str = "Hello.") -> bytes:
    return f"From: a@b.example\n{header_fields}\n{body}\n".encode()


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ("Auto-Submitted: auto-replied\n", report.AUTO_REPLY),
        ("Auto-Submitted: auto-generated (x)\n", report.AUTO_REPLY),
        ("Subject: Out of Office: back on Monday\n", report.AUTO_REPLY),
        ("Subject: =?utf-8?B?T3V0IG9mIG9mZmljZQ==?=\n", report.AUTO_REPLY),
        ("X-Autoreply: yes\n", report.AUTO_REPLY),
        ("Precedence: auto_reply\n", report.AUTO_REPLY),
        ("Auto-Submitted: no\n", report.OTHER),
        ("Subject: Hello\n", report.OTHER),
    ],
)
def test_what_is_never_a_bounce(fields: str, kind: str) -> None:
    found = reading.read(
        _mail(fields, f"Your mail to {corpus.ADDRESS}: 550 5.1.1 gone")
    )
    assert (found.kind, found.findings) == (kind, [])


def test_notification_that_it_was_read_is_no_bounce() -> None:
    text = (
        "Final-Recipient: rfc822;ann@example.net\n"
        "Disposition: automatic-action/MDN-sent-automatically; deleted\n"
    )
    found = reading.read(_status(text, "message/disposition-notification"))
    assert (found.kind, found.findings) == (report.DISPOSITION, [])


def test_status_inside_of_a_returned_message_is_not_looked_at() -> None:
    inner = corpus.letter("postfix", _UNKNOWN).decode()
    found = reading.read(_status(inner, "message/rfc822"))
    assert (found.kind, found.findings) == (report.OTHER, [])


_BROKEN = {
    "utf-16": lambda data: data.decode().encode("utf-16"),
    "CR": lambda data: data.replace(b"\r\n", b"\r"),
    "LF": lambda data: data.replace(b"\r\n", b"\n"),
    "mark": lambda data: b"\xef\xbb\xbf" + data,
    "mbox": lambda data: b"From x Sat Nov 28 10:00:00 2026\n" + data,
    "blank": lambda data: b"\r\n\r\n" + data,
    "cut": lambda data: data.replace(b"--4Sx.170/mta.example.com--", b""),
    "other": lambda data: data.replace(b'boundary="4Sx', b'boundary="other'),
    "none": lambda data: data.replace(b'boundary="4Sx.170/mta.example.com"', b""),
    "obsolete": lambda data: data.replace(b"Content-Type:", b"Content-Type \t:"),
    "folded": lambda data: data.replace(b"Status: ", b"Status:\r\n\t"),
    "pieces": lambda data: data.replace(
        b'boundary="4Sx.170/mta.example.com"',
        b'boundary*0="4Sx.170/"; boundary*1="mta.example.com"',
    ),
}


@pytest.mark.parametrize("name", _BROKEN)
def test_broken_and_obsolete_forms(name: str) -> None:
    broken = _BROKEN[name](corpus.letter("postfix", _UNKNOWN))
    found = reading.read(broken)
    (one,) = found.findings
    assert (one.addresses, one.enhanced, one.sure) == ([corpus.ADDRESS], "5.1.1", True)
    assert found.ids[0] == corpus.ID


@pytest.mark.parametrize("data", [b"", b"hello", b"\0" * 1000, b"\n\n\n"])
def test_what_is_no_mail_is_refused(data: bytes) -> None:
    with pytest.raises(report.NotMail):
        reading.read(data)


def _nested(depth: int) -> bytes:
    inside = _status("Final-Recipient: rfc822;a@example.net\nAction: failed\n")
    for level in range(depth):
        start = f"From: x\nContent-Type: multipart/mixed; boundary=n{level}\n\n"
        inside = f"{start}--n{level}\n".encode() + inside + f"\n--n{level}--\n".encode()
    return inside


def test_depth_and_number_of_parts_are_bounded() -> None:
    assert len(reading.read(_nested(parts.DEPTH_MAX - 1)).findings) == 1
    assert reading.read(_nested(parts.DEPTH_MAX + 1)).findings == []
    assert reading.read(_nested(1000)).findings == []
    many = (
        b"From: x\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 1000
    )
    assert len(list(parts.walk(many))) < parts.PARTS_MAX
    assert reading.read(many).kind == report.OTHER


def test_texts_and_returned_messages_are_bounded() -> None:
    """Of a hundred parts, each of which is looked at again, three are."""
    text = (
        "--b\nContent-Type: text/plain\n\n"
        "    This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n"
        "{0}@example.net: 550 5.1.1 no\n"
        "--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{0}@x>\n"
    )
    start = "From: x\nContent-Type: multipart/mixed; boundary=b\n\n"
    status_part = "--b\nContent-Type: message/delivery-status\n\n" + "\n".join(
        f"Final-Recipient: rfc822;{number}@example.net\nAction: failed\n"
        for number in range(5)
    )
    many = "".join(text.format(number) for number in range(5))
    found = reading.read((start + many + status_part).encode())
    assert [one.code for one in found.findings] == [550, 550, 550, None, None]
    assert found.ids == ["<0@x>", "<1@x>", "<2@x>"]


def test_recipients_are_bounded() -> None:
    group = "\n\nFinal-Recipient: rfc822;a@example.net\nAction: failed"
    found = reading.read(_status(group * (status.RECIPIENTS_MAX + 10)))
    assert len(found.findings) == status.RECIPIENTS_MAX


def test_large_message_that_is_returned() -> None:
    large = corpus.letter("postfix", _UNKNOWN).replace(b"Hello.", b"y" * 20_000_000)
    found = reading.read(large)
    assert (len(found.findings), found.ids[0]) == (1, corpus.ID)


def test_python_codecs_that_are_no_character_set_are_not_used() -> None:
    assert header.text(b"abc", "punycode") == header.text(b"abc", "zlib") == "abc"
    assert header.text(b"\xe4", "x-unknown") == header.text(b"\xe4", "latin-1") == "ä"
    assert header.words("=?utf-16?B?//4=?= =?rot13?Q?a?=") == "a"


_TOKENS = st.sampled_from(
    [
        *(b"\r\n", b"\n", b"\r", b"\r\n\r\n", b" ", b"\t", b"--b\r\n", b"--b--\r\n"),
        *(b"Content-Type: multipart/report; boundary=b\r\n", b"=?utf-8?B?", b"?="),
        *(b"Content-Type: message/delivery-status\r\n", b"From: x\r\n", b"rfc822;"),
        *(b"Content-Type: message/feedback-report\r\n", b"Action: failed\r\n"),
        *(b"Content-Transfer-Encoding: base64\r\n", b"Feedback-Type: abuse\r\n"),
        *(b"Content-Transfer-Encoding: quoted-printable\r\n", b"Status: 5.1.1\r\n"),
        *(b"Content-Type: text/plain; charset=utf-16\r\n", b"a@example.net", b"550 "),
        *(
            b"Final-Recipient: rfc822;a@example.net\r\n",
            b"Content-Type: text/plain\r\n",
        ),
        *(
            b"This is the mail system at host x\r\n",
            b"<a@example.net>: said: ",
            b"\xff",
        ),
        *(
            b"Hi. This is the qmail-send program at x\r\n",
            b"\xff\xfe",
            b"\\x{F6}",
            b"+3D",
        ),
    ]
)


@settings(max_examples=_EXAMPLES, deadline=None)
@given(st.lists(_TOKENS | st.binary(max_size=20), max_size=60).map(b"".join))
def test_no_octets_break_the_reader(data: bytes) -> None:
    try:
        found = reading.read(data)
    except report.NotMail:
        return
    assert found.kind and found.why
    assert len(found.ids) <= reading.IDS_MAX
    for one in found.findings:
        assert "\n" not in one.text and len(one.text) <= reply.TEXT_MAX
        "".join(one.addresses).encode()


@settings(max_examples=_EXAMPLES, deadline=None)
@given(
    st.sampled_from(list(corpus.STYLES)),
    st.lists(st.tuples(st.integers(0, 3000), st.binary(max_size=8)), max_size=20),
)
def test_no_damage_breaks_the_reader(
    style: str, damage: list[tuple[int, bytes]]
) -> None:
    data = bytearray(corpus.letter(style, _UNKNOWN))
    for at, octets in damage:
        data[at : at + len(octets)] = octets
    try:
        reading.read(bytes(data))
    except report.NotMail:
        return
