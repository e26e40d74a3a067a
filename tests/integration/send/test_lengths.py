# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Inputs that are long: refused for their length, before anything is done with them."""

import base64
import typing as tp

import pytest

from tests.integration.send.service import Client, mail

_FROM = b"From: a@example.com\r\n"
_TO = b"To: b@example.net\r\n"
_MANY = [f"u{at}@example.net" for at in range(200_000)]


def _raw(header: bytes) -> dict[str, tp.Any]:
    data = header + b"\r\nbody\r\n"
    return {"raw": base64.b64encode(data).decode(), "to": "b@example.net"}


_CASES: dict[str, tuple[dict[str, tp.Any], str]] = {
    "folded": (_raw(_FROM + b"X-A: y\r\n" + b" x\r\n" * 2_000_000), "raw"),
    "fields": (_raw(_FROM + b"X-A: y\r\n" * 200_000), "raw"),
    "nested": (_raw(b"From: " + b"((((" * 1_125 + b"a@example.com\r\n" + _TO), "raw"),
    "nested, folded": (
        _raw(b"From: " + b"\r\n ".join([b"(" * 900] * 60) + b" a@b.example\r\n"),
        "raw",
    ),
    "list": (_raw(_FROM + b"To: " + ",\r\n ".join(_MANY).encode() + b"\r\n"), "raw"),
    "labels": (mail("a@" + ".".join(["ä"] * 1_000_000)), "to"),
    "recipients": (mail(_MANY), "to"),
    "headers": (mail(headers={f"X-{at}": "" for at in range(100_000)}), "headers"),
    "value": (mail(headers={"X-A": "a " * 5_000_000}), "headers"),
    "name": (mail({"email": "a@b.example", "name": "\\" * 5_000_000}), "to"),  # type: ignore[arg-type]
    "quotes": (mail('"' + "\\" * 5_000_000 + '" <a@b.example>'), "to"),
    "message id": (mail(message_id="<" + "a@" * 2_000_000 + ">"), "message_id"),
}


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("case", _CASES)
def test_long_input_is_refused_with_its_member(sender: Client, case: str) -> None:
    body, field = _CASES[case]
    for path in ("/v1/messages", "/v1/messages/dry-run"):
        answer = sender.post(path, body)
        assert answer.status_code == 422, answer.text[:500]
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    messages = {"mode": "partial", "messages": [body, mail("a@example.net")]}
    answer = sender.done(sender.post("/v1/messages/batch", messages))
    assert (answer["accepted"], answer["refused"]) == (1, 1)
