# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What is accepted, what is refused, and what arrives."""

import base64
import concurrent.futures
import email
import email.policy
import time
import typing as tp

import pytest

from tests.integration.send.service import Client, mail
from tests.integration.send.sink import Sink

_POLICY = email.policy.default


def _refused(answer: tp.Any, status: int = 422) -> dict[str, tp.Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return dict(answer.json())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"from": "no address"}, "from"),
        ({"from": "a@example.com\r\nBcc: x@example.net"}, "from"),
        ({"to": "a@example.net\nRCPT TO:<b@example.net>"}, "to"),
        ({"to": ["a@example.net", "b@@example.net"]}, "to[1]"),
        ({"to": []}, "to"),
        ({"to": "Ann\r\nX: y <a@example.net>"}, "to"),
        ({"to": "a b@example.net"}, "to"),
        ({"cc": [{"email": "x@example.net", "name": "a\nb"}]}, "cc[0]"),
        ({"subject": "a\r\nBcc: x@example.net"}, "subject"),
        ({"subject": "x" * 1000}, "subject"),
        ({"headers": {"X-A: b\r\nBcc": "x@example.net"}}, "headers"),
        ({"headers": {"X-A": "b\r\n\r\nbody"}}, "headers"),
        ({"headers": {"From": "ceo@bank.example"}}, "headers"),
        ({"headers": {"Content-Type": "text/html"}}, "headers"),
        ({"headers": {"X-A": "1", "x-a": "2"}}, "headers"),
        ({"headers": {"X A": "1"}}, "headers"),
        ({"message_id": "<a@b>\r\nX: y"}, "message_id"),
        ({"return_path": "nobody"}, "return_path"),
        ({"text": None}, "text"),
        ({"priority": "urgent"}, "priority"),
        ({"priority": 7}, "priority"),
        ({"send_at": "tomorrow"}, "send_at"),
        ({"send_at": "2026-01-01T00:00:00"}, "send_at"),
        ({"send_at": 1e300}, "send_at"),
        ({"expires_at": 1}, "expires_at"),
        ({"raw": "!!"}, "raw"),
        ({"relay": "unknown"}, "relay"),
        ({"attachments": [{"filename": "a", "content": "%%"}]}, "attachments[0]"),
        ({"attachments": [{"filename": "a", "url": "http://127.0.0.1:1/"}]}, None),
    ],
)
def test_bad_member_is_named(
    sender: Client, sink: Sink, change: dict[str, tp.Any], field: str | None
) -> None:
    body = mail(**change)
    if "raw" in change:
        body = {"raw": change["raw"], "to": "a@example.net"}
    problem = _refused(sender.post("/v1/messages", body))
    if field is not None:
        assert [error["field"] for error in problem["errors"]] == [field]
    assert sender.get("/v1/messages")["messages"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[]", 422),
        (b'"text"', 422),
        (b"null", 422),
        (b'{"from": 1}', 422),
        (b'{"to": {"a": 1}}', 422),
        (b'{"unknown": 1}', 422),
        (b'{"headers": []}', 422),
        (b'{"attachments": "text"}', 422),
        (b'{"text": ["a"]}', 422),
        (b'{"priority": true}', 422),
        (b'{"from": "a@b.test", "to": "c@d.test", "text": "\\ud800"}', 400),
        (b'{"to": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 422),
        (b'{"text": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}", 422),
    ],
)
@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/batch"])
def test_bad_body_is_refused(
    sender: Client, path: str, body: bytes, status: int
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = sender.call("POST", path, content=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.json()["code"]
    if path == "/v1/messages" and len(body) < 1000:
        assert answer.status_code == status


def test_50_mb_are_refused(sender: Client) -> None:
    body = mail(text="x" * 50_000_000)
    _refused(sender.post("/v1/messages", body), 413)


def test_50_mb_without_a_length_are_refused(sender: Client) -> None:
    part = b"x" * 1_000_000
    answer = sender.call(
        "POST",
        "/v1/messages",
        content=(part for _ in range(50)),
        headers={"Content-Type": "application/json"},
    )
    _refused(answer, 413)


def test_text_html_copies_and_headers_arrive(sender: Client, sink: Sink) -> None:
    message_id = sender.send(
        ["Ann Ö <ann@example.net>"],
        cc={"email": "cc@example.net", "name": "Copy, Carbon"},
        bcc="hidden@example.net",
        reply_to="answer@example.com",
        subject="Grüße " + "lang " * 30,
        text="Text ü\n.dot\n",
        html="<p>HTML ü</p>",
        headers={"X-Own": "válue", "List-Unsubscribe": "<https://example.com/u>"},
        return_path="bounce@example.com",
    )
    sender.wait(message_id, "sent")
    taken = sink.taken[0]
    assert taken.sender == "bounce@example.com"
    assert sorted(taken.recipients) == [
        "ann@example.net",
        "cc@example.net",
        "hidden@example.net",
    ]
    assert b"hidden" not in taken.data
    parsed = email.message_from_bytes(taken.data, policy=_POLICY)
    assert parsed["To"] == "Ann Ö <ann@example.net>"
    assert parsed["Cc"].addresses[0].display_name == "Copy, Carbon"
    assert parsed["Subject"].strip() == ("Grüße " + "lang " * 30).strip()
    assert parsed["X-Own"] == "válue"
    assert parsed["Reply-To"] == "answer@example.com"
    assert parsed["Date"].datetime is not None
    assert parsed["Message-ID"] == f"<{message_id}@example.com>"
    assert parsed["X-Exordos-Mail-ID"] == message_id
    assert parsed.get_content_type() == "multipart/alternative"
    text = parsed.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert text == "Text ü\n.dot\n"
    assert "HTML ü" in parsed.get_body(("html",)).get_content()
    assert max(map(len, taken.data.split(b"\r\n"))) <= 998


def test_message_id_of_the_caller_is_kept(sender: Client, sink: Sink) -> None:
    message_id = sender.send(message_id="<order-4711@shop.example>")
    found = sender.wait(message_id, "sent")
    assert found["priority"] == "medium"
    parsed = email.message_from_bytes(sink.taken[0].data, policy=_POLICY)
    assert parsed["Message-ID"] == "<order-4711@shop.example>"
    assert parsed["X-Exordos-Mail-ID"] == message_id


def test_inline_attachment_arrives(sender: Client, sink: Sink) -> None:
    data = bytes(range(256)) * 400
    sender.wait(
        sender.send(
            attachments=[
                {"filename": "ä.bin", "content": base64.b64encode(data).decode()}
            ]
        ),
        "sent",
    )
    parsed = email.message_from_bytes(sink.taken[0].data, policy=_POLICY)
    part = next(parsed.iter_attachments())
    assert part.get_filename() == "ä.bin"
    assert part.get_content() == data


def test_raw_message_arrives_as_it_is(sender: Client, sink: Sink) -> None:
    raw = (
        b"From: Ann <ann@example.com>\nTo: b@example.net\nBcc: c@example.net\n"
        b"Subject: raw\n\n.line\nlast"
    )
    body = {"raw": base64.b64encode(raw).decode()}
    answer = sender.done(sender.post("/v1/messages", body))
    sender.wait(answer["id"], "sent")
    taken = sink.taken[0]
    assert taken.sender == "ann@example.com"
    assert sorted(taken.recipients) == ["b@example.net", "c@example.net"]
    parsed = email.message_from_bytes(taken.data, policy=_POLICY)
    assert parsed["Bcc"] is None
    assert parsed["Message-ID"] and parsed["Date"]
    assert parsed["X-Exordos-Mail-ID"] == answer["id"]
    assert taken.data.endswith(b"\r\n\r\n.line\r\nlast\r\n")


def test_sender_of_a_foreign_domain_is_refused(admin: Client, sender: Client) -> None:
    change = {"sender_domains": ["example.com"]}
    admin.done(admin.call("PATCH", f"/v1/tenants/{sender.tenant}", json=change))
    sender.send()
    for change in (
        {"from": "a@bank.example"},
        {"return_path": "a@bank.example"},
        {"raw": base64.b64encode(b"From: a@bank.example\n\nx").decode()},
    ):
        body = mail(**change) if "raw" not in change else {**change, "to": "a@b.test"}
        problem = _refused(sender.post("/v1/messages", body))
        assert problem["code"] == "sender_not_allowed"


def test_atomic_batch_is_all_or_nothing(sender: Client, sink: Sink) -> None:
    messages = [mail("a@example.net"), mail("nobody"), mail("b@example.net", cc=7)]
    problem = _refused(sender.post("/v1/messages/batch", {"messages": messages}))
    fields = [error["field"] for error in problem["errors"]]
    assert fields == ["messages[1].to", "messages[2].cc"]
    messages = [mail("a@example.net"), mail("b@example.net", relay="unknown")]
    problem = _refused(sender.post("/v1/messages/batch", {"messages": messages}))
    assert problem["errors"][0]["field"] == "messages[1].relay"
    assert sender.get("/v1/messages")["messages"] == []


def test_partial_batch_gives_each_a_verdict(sender: Client, sink: Sink) -> None:
    messages = [
        mail("a@example.net"),
        mail("nobody"),
        mail("b@example.net", relay="unknown"),
        {**mail("c@example.net"), "unknown": 1},
        mail("d@example.net"),
    ]
    body = {"mode": "partial", "messages": messages}
    answer = sender.done(sender.post("/v1/messages/batch", body))
    assert (answer["accepted"], answer["refused"]) == (2, 3)
    verdicts = [one["result"] for one in answer["messages"]]
    assert verdicts == ["accepted", "refused", "refused", "refused", "accepted"]
    assert answer["messages"][2]["code"] == "unknown_relay"
    sink.wait_for(2)


def test_more_than_1000_messages_are_refused(sender: Client) -> None:
    _refused(sender.post("/v1/messages/batch", {"messages": [mail()] * 1001}))


def test_fifty_parallel_calls_with_one_key_give_one_message(
    sender: Client, sink: Sink
) -> None:
    def call(_: int) -> str:
        headers = {"Idempotency-Key": "once"}
        return str(
            sender.done(sender.post("/v1/messages", mail(), headers=headers))["id"]
        )

    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        found = set(pool.map(call, range(50)))
    assert len(found) == 1
    assert len(sender.get("/v1/messages")["messages"]) == 1


@pytest.mark.parametrize("by_header", [True, False])
def test_key_with_another_content_is_a_conflict(
    sender: Client, by_header: bool
) -> None:
    def call(subject: str) -> tp.Any:
        if by_header:
            headers = {"Idempotency-Key": "k"}
            return sender.post("/v1/messages", mail(subject=subject), headers=headers)
        body = mail(subject=subject, idempotency_key="k")
        return sender.post("/v1/messages", body)

    first = sender.done(call("one"))
    assert sender.done(call("one")) == first
    assert _refused(call("two"), 409)["code"] == "idempotency_key_reused"


def test_key_of_a_batch(sender: Client) -> None:
    body = {"messages": [mail("a@example.net"), mail("b@example.net")]}
    headers = {"Idempotency-Key": "batch"}
    first = sender.done(sender.post("/v1/messages/batch", body, headers=headers))
    again = sender.done(sender.post("/v1/messages/batch", body, headers=headers))
    assert again == first
    assert len(sender.get("/v1/messages")["messages"]) == 2
    other = {"messages": [mail("c@example.net")]}
    _refused(sender.post("/v1/messages/batch", other, headers=headers), 409)


def test_same_key_twice_in_a_batch_is_one_message(sender: Client) -> None:
    body = {"messages": [mail(idempotency_key="x")] * 2}
    answer = sender.done(sender.post("/v1/messages/batch", body))
    assert len({one["id"] for one in answer["messages"]}) == 1
    assert len(sender.get("/v1/messages")["messages"]) == 1


def test_dry_run_renders_and_sends_nothing(sender: Client, sink: Sink) -> None:
    answer = sender.done(sender.post("/v1/messages/dry-run", mail(subject="dry")))
    assert answer["state"] == "queued"
    parsed = email.message_from_bytes(base64.b64decode(answer["raw"]), policy=_POLICY)
    assert parsed["Subject"] == "dry"
    assert sender.get("/v1/messages")["messages"] == []
    problem = _refused(sender.post("/v1/messages/dry-run", mail(relay="unknown")))
    assert problem["code"] == "unknown_relay"


def test_dry_run_shows_attachments_as_they_would_be_sent(sender: Client) -> None:
    content = base64.encodebytes(b"data" * 40).decode()
    attachments = [{"filename": "a.docx", "content": content, "content_id": "a@b"}]
    body = mail(attachments=attachments, html="<img src=cid:a@b>")
    answer = sender.done(sender.post("/v1/messages/dry-run", body))
    parsed = email.message_from_bytes(base64.b64decode(answer["raw"]), policy=_POLICY)
    (part,) = [one for one in parsed.walk() if one.get_filename() == "a.docx"]
    assert part.get_content() == b"data" * 40
    attachments[0] = {"filename": "a", "url": "http://127.0.0.1:8080/nothing"}
    problem = _refused(sender.post("/v1/messages/dry-run", body))
    assert [error["field"] for error in problem["errors"]] == ["attachments[0]"]


def test_largest_attachment_that_is_allowed_fits_a_request(sender: Client) -> None:
    content = base64.encodebytes(bytes(25 * 1024 * 1024)).decode()
    attachments = [{"filename": "a", "content": content.replace("\n", "\r\n")}]
    sender.done(sender.post("/v1/messages", mail(attachments=attachments)))


def test_message_that_is_rescheduled_has_the_date_of_its_time(
    sender: Client, sink: Sink
) -> None:
    message_id = sender.send(send_at=time.time() + 3600, bcc="b@example.net", to=[])
    due = int(time.time()) + 2
    path = f"/v1/messages/{message_id}"
    sender.done(sender.call("PATCH", path, json={"send_at": due}))
    sender.wait(message_id, "sent")
    parsed = email.message_from_bytes(sink.taken[0].data, policy=_POLICY)
    assert parsed["Date"].datetime.timestamp() == due
    assert parsed["To"] == "undisclosed-recipients:;"


def test_scheduled_message_waits_for_its_time(sender: Client, sink: Sink) -> None:
    due = time.time() + 1.5
    message_id = sender.send(send_at=due)
    assert sender.message(message_id)["state"] == "scheduled"
    sender.wait(message_id, "sent")
    assert time.time() >= due


def test_unknown_tenant_and_message_are_404(admin: Client, sender: Client) -> None:
    answer = admin.post("/v1/messages", mail(), params={"tenant": "nobody"})
    _refused(answer, 404)
    for path in ("/v1/messages/x", "/v1/nowhere"):
        assert sender.call("GET", path).status_code == 404
    # PostgreSQL has no texts with a zero byte: there it is a wrong value.
    assert sender.call("GET", "/v1/messages/%00").status_code in (404, 422)
