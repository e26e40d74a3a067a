# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Generated messages that the caller has composed, with obsolete syntax and without.

One that is accepted goes to whom exim, reading what was given, would send it; and what
arrives has the same fields and octets, but for those that are blind, empty or added.
"""

import base64
import email
import email.message

import hypothesis
import hypothesis.strategies as st
import pytest

from tests.integration.send.service import Client
from tests.integration.send.sink import Sink
from tests.integration.support import exim_reader, reading, soak

_AUTHOR = "ann@example.com"
#: Fields that are never sent, and those that the service adds.
_DROPPED = {"bcc", "resent-bcc", "return-path"}
_ADDED = {"date", "message-id", "x-exordos-mail-id", "to"}
_NAMES = [
    *("To", "TO", "Cc", "Bcc", "bCC", "Reply-To", "Sender", "From", "Subject"),
    *("X-Own", "Date", "Resent-To", "Resent-Bcc", "Resent-From", "Return-Path"),
    *("Content-Type", "Received", "Comments", "Keywords", "DKIM-Signature", "Bcc-X"),
]
_COLONS = [":", ":", ":", ": ", ":\r\n ", " :", "\t:", ":\r\n \r\n ", ";", ""]
_WORD = st.sampled_from(
    [
        *("Ann", '"Ann, B."', "=?utf-8?q?x=2C_y?=", "=?utf-8?b?w7Y=?=", "(a (b) c)"),
        *(
            "Jörg",
            '"a@b.example"',
            "a.",
            "B.",
            "\\",
            "(",
            ")",
            '"',
            "ceo@victim.example",
        ),
    ]
)
_ADDRESS = st.sampled_from(
    [
        *("a@b.example", "A.B+c@B.EXAMPLE", "<a@b.example>", "<d@e.example>"),
        *("d@faß.example", "<@r.example:f@g.example>", "a @ b.example", "a@b", "<>"),
        *('"a b"@b.example', "a@[192.0.2.1]", "h@i.example", "jörg@k.example"),
    ]
)
_SIGN = st.sampled_from([",", ", ", ",,", ";", "Team:", ":;", ",\r\n ", "\r\n\t", " "])
_LISTS = st.lists(_WORD | _ADDRESS | _SIGN, max_size=6).map("".join)
_GOOD_LISTS = st.lists(
    st.sampled_from(
        ["a@b.example", "Ann <d@e.example>", "T: h@i.example;", "l@m.example"]
    ),
    min_size=1,
    max_size=3,
).map(", ".join)
_TEXTS = st.text(
    st.characters(exclude_categories=("Cs",)), max_size=40
) | st.sampled_from(
    ["x" * 990, "a\r\n b", "a\nb", "=?utf-8?q?=0A?=", "a\r\n\r\nb", " "]
)
_ODD = st.tuples(st.sampled_from(_NAMES), st.sampled_from(_COLONS), _LISTS | _TEXTS)
_GOOD = st.one_of(
    st.tuples(st.sampled_from(["To", "Cc", "bcc", "Reply-To"]), _GOOD_LISTS),
    st.tuples(
        st.sampled_from(["Subject", "X-Own", "Comments", "Received", "Resent-To"]),
        st.sampled_from(["a@b.example", "=?utf-8?q?=0A?=", "Größe", "a\r\n b", ""]),
    ),
).map(lambda pair: (pair[0], ": ", pair[1]))
_FIELDS = st.one_of(_GOOD, _GOOD, _GOOD, _ODD).map("".join)
_BODY = st.binary(max_size=60) | st.sampled_from(
    [b".\r\n", b"\n.\nMAIL FROM:<x@y.example>\n", b"\r", b"x" * 998, b"\xff\r\n", b""]
)


@st.composite
def _messages(draw: st.DrawFn) -> bytes:
    end = draw(st.sampled_from(["\r\n", "\r\n", "\n"]))
    fields = draw(st.lists(_FIELDS, max_size=4))
    first = draw(st.sampled_from([f"From: {_AUTHOR}"] * 8 + ["", "From : x@y.example"]))
    at = draw(st.integers(0, len(fields)))
    lines = [*fields[:at], *([first] if first else []), *fields[at:], "", ""]
    header = "\r\n".join(lines).replace("\r\n", end)
    return header.encode() + draw(_BODY)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@soak.settings(100)
@hypothesis.given(given=_messages())
def test_generated_raw_message_arrives_as_it_was_read(
    soaked: tuple[Client, Sink], exim: exim_reader.Exim, given: bytes
) -> None:
    client, sink = soaked
    before = len(sink.taken)
    answer = client.post("/v1/messages", {"raw": base64.b64encode(given).decode()})
    assert answer.status_code in (202, 422), answer.text
    hypothesis.event(str(answer.status_code))
    if answer.status_code == 422:
        assert answer.json()["errors"]
        return
    (taken,) = sink.wait_for(before + 1)[before:]
    reading.assert_safe(taken.data)
    _, _, body = taken.data.partition(b"\r\n\r\n")
    _check_fields(given, taken.data)
    assert body.rstrip(b"\r\n") == _body(given).rstrip(b"\r\n")
    found, before_it = exim.read(taken.data), exim.read(_lines(given))
    assert found.addresses["from"] == [taken.sender] or "resent-from" in found.fields
    assert not {*_DROPPED, *exim_reader.BLIND} & set(found.fields)
    assert _without_additions(found.fields) == _without_additions(
        reading.fields(taken.data)
    )
    wanted = ("to", "cc", *exim_reader.BLIND)
    if {"resent-to", "resent-cc", "resent-bcc"} & set(before_it.fields):
        return
    everybody = {
        _sent_form(one) for name in wanted for one in before_it.addresses[name]
    }
    assert {one.lower() for one in taken.recipients} == everybody


def _without_additions(names: list[str]) -> list[str]:
    """Return fields but for those that exim adds to a message that is resent."""
    added = ("resent-date", "resent-message-id", "resent-from")
    return [name for name in names if name not in added]


def _lines(given: bytes) -> bytes:
    """Return what was given with the line ends of mail."""
    return given.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def _body(given: bytes) -> bytes:
    return _lines(given).partition(b"\r\n\r\n")[2]


def _fields(data: bytes) -> list[tuple[str, str]]:
    found: email.message.Message = email.message_from_bytes(data)
    return [(name.lower(), str(value).strip()) for name, value in found.items()]


def _check_fields(given: bytes, sent: bytes) -> None:
    """Every field that was given is sent as it was, and nothing else but ours."""
    kept = [field for field in _fields(sent) if field in _fields(_lines(given))]
    for name, _ in [field for field in _fields(sent) if field not in kept]:
        assert name in _ADDED
    for name, value in _fields(_lines(given)):
        if name not in _DROPPED and (name, value) not in kept:
            # It named nobody.
            assert name in ("to", "cc", "reply-to", "resent-to", "date", "sender")


def _sent_form(one: str) -> str:
    local, _, domain = one.lower().rpartition("@")
    return f"{local}@{domain.replace('faß', 'xn--fa-hia')}"
