# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Generated messages, from HTTP to what arrives: read by Python and by exim.

What arrives has the fields, recipients and texts that went in and nothing else. A few
examples here, many with `make test-long`.
"""

import base64
import email
import email.message
import email.utils
import typing as tp

import hypothesis
import hypothesis.strategies as st
import pytest

from tests.integration.send.service import Client
from tests.integration.send.sink import Sink, Taken
from tests.integration.support import exim_reader, letters, reading, soak

#: What the service writes itself.
_OURS = {"date", "message-id", "x-exordos-mail-id", "mime-version", "content-type"}
_TYPES = ["image/png", 'text/calendar; method="REQUEST"', "message/rfc822", None]


class Box(tp.NamedTuple):
    """An address with its name: as it is given, and as it is sent."""

    name: str
    given: str
    sent: str

    def member(self) -> dict[str, str]:
        """Return it as JSON has it."""
        return {"email": self.given, "name": self.name}


_BOXES = st.builds(
    lambda name, pair: Box(name, *pair),
    st.just("") | letters.names,
    letters.addresses,
)
_FEW = st.lists(_BOXES, max_size=3)
_ATTACHMENTS = st.lists(
    st.tuples(letters.files, st.binary(max_size=200), st.sampled_from(_TYPES)),
    max_size=2,
)


class Letter(tp.NamedTuple):
    """A message in parts."""

    sender: Box
    to: list[Box]
    cc: list[Box]
    bcc: list[Box]
    reply_to: list[Box]
    subject: str
    own: str
    text: str
    html: str | None
    attachments: list[tuple[str, bytes, str | None]]

    def body(self) -> dict[str, tp.Any]:
        """Return the request."""
        boxes = {
            name: [box.member() for box in getattr(self, name)]
            for name in ("to", "cc", "bcc", "reply_to")
        }
        return {
            **boxes,
            "from": self.sender.member(),
            "subject": self.subject,
            "headers": {"X-Own": self.own},
            "text": self.text,
            "html": self.html,
            "attachments": [
                {
                    "filename": name,
                    "content": base64.b64encode(data).decode(),
                    "content_type": kind,
                }
                for name, data, kind in self.attachments
            ],
        }


_LETTERS = st.builds(
    Letter,
    _BOXES,
    st.lists(_BOXES, min_size=1, max_size=3),
    *(_FEW, _FEW, _FEW, letters.texts, letters.texts, letters.bodies),
    st.none() | letters.bodies,
    _ATTACHMENTS,
)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@soak.settings(60)
@hypothesis.given(letter=_LETTERS)
def test_generated_message_arrives_as_it_was_given(
    soaked: tuple[Client, Sink], exim: exim_reader.Exim, letter: Letter
) -> None:
    taken = _sent(*soaked, letter.body())
    boxes = [*letter.to, *letter.cc, *letter.bcc]
    assert taken.sender == letter.sender.sent
    assert _lower(taken.recipients) == _lower({box.sent.lower() for box in boxes})
    reading.assert_safe(taken.data)
    reading.assert_short_words(taken.data)
    message = email.message_from_bytes(taken.data)
    assert not message.defects
    given = {
        "from": [letter.sender],
        **{name: getattr(letter, name) for name in ("to", "cc")},
        "reply-to": letter.reply_to,
    }
    for field, wanted in given.items():
        assert reading.names(message, field) == [(one.name, one.sent) for one in wanted]
    assert reading.shown(message["Subject"]) == letter.subject
    assert reading.shown(message["X-Own"]) == letter.own
    _check_names(reading.fields(taken.data), given)
    _check_bodies(message, letter)
    _check_exim(exim.read(taken.data), letter, given)


def _sent(client: Client, sink: Sink, body: dict[str, tp.Any]) -> Taken:
    """Return what arrives of a request that is accepted."""
    before = len(sink.taken)
    answer = client.post("/v1/messages", body)
    assert answer.status_code == 202, answer.text
    (taken,) = sink.wait_for(before + 1)[before:]
    return taken


def _lower(addresses: tp.Iterable[str]) -> list[str]:
    return sorted(one.lower() for one in addresses)


def _check_names(found: list[str], given: dict[str, list[Box]]) -> None:
    wanted = {field for field, boxes in given.items() if boxes}
    wanted |= {*_OURS, "subject", "x-own"}
    assert set(found) - {"content-transfer-encoding"} == wanted
    assert len(found) == len(set(found))


def _check_bodies(message: email.message.Message, letter: Letter) -> None:
    parts = [part for part in message.walk() if not part.is_multipart()]
    texts = [letter.text, *([] if letter.html is None else [letter.html])]
    for part, text in zip(parts, texts, strict=False):
        wanted = text.replace("\r\n", "\n").replace("\r", "\n")
        wanted += "" if wanted.endswith("\n") else "\n"
        assert reading.octets(part).decode().replace("\r\n", "\n") == wanted
    files = [part for part in message.walk() if part.get_filename() is not None]
    assert [part.get_filename() for part in files] == [
        name for name, _, _ in letter.attachments
    ]
    for part, (_, data, kind) in zip(files, letter.attachments, strict=True):
        if part.get_content_type() == "message/rfc822":
            assert kind == "message/rfc822" or kind is None
        else:
            assert reading.octets(part) == data


def _check_exim(
    found: exim_reader.Reading, letter: Letter, given: dict[str, list[Box]]
) -> None:
    for field, wanted in given.items():
        assert found.addresses[field] == [box.sent for box in wanted], field
    assert found.addresses[exim_reader.BLIND[0]] == found.addresses["sender"] == []
    assert found.texts["subject"] == letter.subject
    assert found.texts["x-own"] == letter.own
    _check_names(found.fields, given)
