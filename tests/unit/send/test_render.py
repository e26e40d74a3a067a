# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What is sent, read by Python's own parser."""

import base64
import email
import email.message
import email.policy
import email.utils
import typing as tp

import hypothesis
import msgspec
import pytest

from exordos_mail.send.attachments import Attachment as Attached
from exordos_mail.send.content import check, message, render, request
from tests.integration.support import letters, reading

ID = "0198c5a0-0000-7000-8000-000000000001"
NOW = 1_790_000_000_000


def _draft(**given: tp.Any) -> message.Draft:
    base = {"from": "ann@example.com", "to": "bob@example.net", "text": "t"}
    return check.check(_decode({**base, **given}), NOW)


def _decode(given: dict[str, tp.Any]) -> request.MessageIn:
    return msgspec.convert(given, request.MessageIn)


def _sent(attached: tp.Sequence[Attached] = (), **given: tp.Any) -> bytes:
    data = render.render(_draft(**given).content, ID, NOW, attached)
    reading.assert_safe(data)
    reading.assert_short_words(data)
    return data


@hypothesis.given(letters.texts)
def test_text_of_a_subject_is_shown_as_it_was_given(text: str) -> None:
    parsed = email.message_from_bytes(_sent(subject=text))
    assert reading.shown(parsed["Subject"]) == text


@hypothesis.given(letters.names)
def test_name_is_shown_as_it_was_given(name: str) -> None:
    boxes = [{"email": f"{at}@example.net", "name": name} for at in "ab"]
    data = _sent(to=boxes, **{"from": {"email": "ann@example.com", "name": name}})
    assert reading.names(email.message_from_bytes(data), "from") == [
        (name, "ann@example.com")
    ]
    assert reading.names(email.message_from_bytes(data), "to") == [
        (name, "a@example.net"),
        (name, "b@example.net"),
    ]


@pytest.mark.parametrize("text", letters.LOOKALIKES)
@pytest.mark.parametrize("field", ["subject", "headers", "from", "reply_to"])
def test_text_that_looks_like_an_encoded_word_stays_text(text: str, field: str) -> None:
    box = {"email": "ann@example.com", "name": text}
    value: tp.Any = {"subject": text, "headers": {"X-Own": text}}.get(field, box)
    data = _sent(**{field: value})
    assert text.encode() not in data.partition(b"\r\n\r\n")[0]
    parsed = email.message_from_bytes(data)
    names = set(map(str.lower, parsed))
    assert names <= {
        *("from", "to", "reply-to", "subject", "date", "message-id", "x-own"),
        *("x-exordos-mail-id", "mime-version", "content-type"),
        "content-transfer-encoding",
    }
    shown = [reading.shown(value) for value in parsed.values()]
    assert any(text in value for value in shown)


@pytest.mark.parametrize(
    "filename", [*letters.LOOKALIKES, "a" * 255, "文" * 255, "a%0"]
)
def test_file_name_is_read_as_it_was_given(filename: str) -> None:
    part = Attached(filename, "application/pdf", b"\x00data\n")
    data = _sent([part])
    for policy in (email.policy.compat32, email.policy.default):
        parsed = email.message_from_bytes(data, policy=policy)
        (_, found) = tp.cast(list[email.message.Message], parsed.get_payload())
        assert found.get_filename() == filename
        assert found.get_payload(decode=True) == b"\x00data\n"


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ('text/calendar; method="REQUEST"', {"method": "REQUEST"}),
        ('text/x; a="=?utf-8?q?=0A?="', {"a": "=?utf-8?q?=0A?="}),
        ('text/x; a="b\\"; c=d"', {"a": 'b"; c=d'}),
    ],
)
def test_parameters_of_a_type_arrive(kind: str, parameters: dict[str, str]) -> None:
    parsed = email.message_from_bytes(_sent([Attached("a", kind, b"x")]))
    part = tp.cast(list[email.message.Message], parsed.get_payload())[1]
    pairs = tp.cast(list[tuple[str, str]], part.get_params())[1:]
    assert {
        name: email.utils.collapse_rfc2231_value(v) for name, v in pairs
    } == parameters


@hypothesis.given(letters.bodies, letters.bodies)
def test_bodies_arrive_with_the_line_ends_of_mail(text: str, html: str) -> None:
    data = _sent([Attached("a", "text/plain", b"\r\n.\r\n")], text=text, html=html)
    parsed = email.message_from_bytes(data, policy=email.policy.default)
    for kind, body in (("plain", text), ("html", html)):
        wanted = body.replace("\r\n", "\n").replace("\r", "\n")
        wanted += "" if wanted.endswith("\n") else "\n"
        part = tp.cast(email.message.EmailMessage, parsed.get_body((kind,)))
        found = tp.cast(bytes, part.get_payload(decode=True)).decode()
        assert found.replace("\r\n", "\n") == wanted
    (file,) = parsed.iter_attachments()
    assert file.get_payload(decode=True) == b"\r\n.\r\n"


def test_picture_inside_of_html_says_which_part_is_the_root() -> None:
    inside = Attached("a.png", "image/png", b"x", "logo@example.com")
    data = _sent([inside, Attached("b", "text/plain", b"y")], text="t", html="<img>")
    parsed = email.message_from_bytes(data, policy=email.policy.default)
    kinds = [part.get_content_type() for part in parsed.walk()]
    assert kinds == [
        *("multipart/mixed", "multipart/alternative", "text/plain"),
        *("multipart/related", "text/html", "image/png", "text/plain"),
    ]
    related = next(p for p in parsed.walk() if p.get_content_type() == kinds[3])
    assert related.get_param("type") == "text/html"
    (picture,) = [p for p in parsed.walk() if p.get_content_type() == "image/png"]
    assert picture["Content-ID"] == "<logo@example.com>"
    assert picture.get_content_disposition() == "inline"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"Subject: a\n\nb", "message/rfc822"),
        (b"Subject: a\r\n\r\nb\r\n", "message/rfc822"),
        (b"Subject: \xc3\xa4\n\nb", "application/octet-stream"),
        (b"Subject: a\n\n--=_0123\n", "application/octet-stream"),
        (b"Subject: a\rb\n\n", "application/octet-stream"),
        (b"Subject: a\n\n\0", "application/octet-stream"),
        (b"Subject: a\n\n" + b"x" * 999, "application/octet-stream"),
    ],
)
def test_message_is_attached_as_one_if_its_octets_allow_it(
    data: bytes, kind: str
) -> None:
    sent = _sent([Attached("a.eml", "message/rfc822", data)])
    parsed = email.message_from_bytes(sent, policy=email.policy.default)
    (part,) = parsed.iter_attachments()
    assert part.get_content_type() == kind
    if kind == "message/rfc822":
        assert part.get_content()["Subject"] == "a"
    else:
        assert part.get_content() == data


@pytest.mark.parametrize(
    "value",
    [
        " ".join(f"<{at:060}@example.com>" for at in range(200)),
        "x" * 3000,
        "a  b\tc " * 300 + "end",
        " leading and trailing ",
    ],
)
def test_long_value_of_a_field_is_folded(value: str) -> None:
    parsed = email.message_from_bytes(_sent(headers={"X-Own": value}))
    assert reading.shown(parsed["X-Own"]) == value


def test_fields_of_a_syntax_are_not_encoded() -> None:
    references = " ".join(f"<{at:060}@example.com>" for at in range(200))
    url = "<https://example.com/" + "u" * 800 + ">"
    data = _sent(
        headers={
            "References": references,
            "List-Unsubscribe": url,
            "List-Id": "Größe <list.example.com>",
        }
    )
    parsed = email.message_from_bytes(data)
    assert parsed["References"].replace("\r\n", "").strip() == references
    assert parsed["List-Unsubscribe"].strip() == url
    assert parsed["List-Id"].endswith(" <list.example.com>")
    assert reading.shown(parsed["List-Id"]) == "Größe <list.example.com>"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("References", "<" + "x" * 990 + "@example.com>"),
        ("References", "=?utf-8?q?x?="),
        ("In-Reply-To", "<ä@example.com>"),
        ("List-Unsubscribe", " <https://example.com/>"),
        ("List-Id", "ä <ö>"),
        ("Content-Type", "text/html"),
        ("content-transfer-encoding", "base64"),
        ("Resent-From", "a@example.com"),
        ("Bcc", "a@example.com"),
        ("DKIM-Signature", "v=1"),
        ("X-Own", "a\x85b"),
        ("X-Own", "a\u2029b"),
        ("X-Own", "x" * 65_536),
    ],
)
def test_value_that_cannot_be_written_is_refused(name: str, value: str) -> None:
    with pytest.raises(check.Invalid) as caught:
        _draft(headers={name: value})
    assert [error.field for error in caught.value.errors] == ["headers"]


def test_mail_for_nobody_named_says_so() -> None:
    data = _sent(to=[], bcc="hidden@example.net")
    assert email.message_from_bytes(data)["To"] == "undisclosed-recipients:;"
    assert b"hidden" not in data


def test_scheduled_mail_has_the_date_of_its_time() -> None:
    due = NOW + 3_600_000
    parsed = email.message_from_bytes(
        _sent(send_at=due / 1000), policy=email.policy.default
    )
    assert parsed["Date"].datetime.timestamp() == due / 1000
    parsed = email.message_from_bytes(_sent(send_at=1), policy=email.policy.default)
    assert parsed["Date"].datetime.timestamp() == NOW / 1000


def test_local_part_beyond_ascii_stands_in_utf_8() -> None:
    data = _sent(to={"email": "jörg@faß.example", "name": "Jörg"})
    header = data.partition(b"\r\n\r\n")[0].decode()
    assert "<jörg@xn--fa-hia.example>" in header
    assert header.replace("<jörg@", "").isascii()


def test_same_arguments_give_the_same_octets() -> None:
    draft = _draft(html="<p>", subject="ä")
    part = [Attached("ä", "text/plain", b"x")]
    first = render.render(draft.content, ID, NOW, part)
    assert render.render(draft.content, ID, NOW, part) == first


def test_raw_is_completed_and_otherwise_as_it_was() -> None:
    given = b"From: ann@example.com\r\nX-A:  b \r\n\r\n.\xff\r\n"
    draft = _draft_of_raw(given, to="bob@example.net")
    data = render.render(draft.content, ID, NOW)
    assert data.endswith(given)
    added = data.removesuffix(given).decode()
    names = [line.partition(":")[0] for line in added.splitlines()]
    assert names == ["Date", "Message-ID", "X-Exordos-Mail-ID", "To"]


def _draft_of_raw(given: bytes, **more: tp.Any) -> message.Draft:
    text = base64.b64encode(given).decode()
    return check.check(_decode({"raw": text, **more}), NOW)
