# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Texts of the API's description: messages, recipients, suppressions, batches."""

import typing as tp

from exordos_mail.send.api.text import Text
from exordos_mail.send.queue import states, waiting

_ID = "0198c0de-0000-7000-8000-000000000003"
_MOMENT = "2026-11-21T14:00:00.000Z"
_ADDRESSES = (
    " `a@b.c`, `Name <a@b.c>`, an object of `email` and `name`, or a list of these."
)


def _table(lines: tp.Mapping[str, str]) -> str:
    return "; ".join(f"`{name}`: {text}" for name, text in lines.items())


TEXTS: tp.Mapping[str, Text] = {
    # What comes in.
    "from": Text(
        "Who it is from: `a@b.c`, `Name <a@b.c>` or an object of `email` and `name`."
        " With `raw`: the envelope sender.",
        "Shop <orders@example.com>",
    ),
    "to": Text("Recipients:" + _ADDRESSES, ["Ann <ann@example.net>"]),
    "cc": Text("Recipients of a copy:" + _ADDRESSES, ["bob@example.net"]),
    "bcc": Text(
        "Recipients that no header tells of:" + _ADDRESSES, ["archive@example.com"]
    ),
    "reply_to": Text("Where answers go:" + _ADDRESSES, "help@example.com"),
    "email": Text("The address.", "ann@example.net"),
    "MailboxIn.name": Text("The name that is shown beside it.", "Ann"),
    "subject": Text("The subject.", "Your order"),
    "text": Text(
        "The body as plain text. With `html` both are sent as alternatives.",
        "Thank you.\n",
    ),
    "html": Text("The body as HTML.", "<p>Thank you.</p>"),
    "headers": Text("Further header fields by their names.", {"X-Order": "4711"}),
    "attachments": Text(
        "Files: bytes, or where they are when the message is sent.",
        [{"filename": "a.pdf", "url": "https://example.com/a.pdf"}],
    ),
    "return_path": Text(
        "The envelope sender, where bounces go; absent: that of `from`. Empty: none"
        " (`MAIL FROM:<>`), for automatic mail, of which no bounce comes back.",
        "bounces@example.com",
    ),
    "message_id": Text("`<left@right>`; absent: it is made.", "<4711@example.com>"),
    "raw": Text(
        "A whole RFC 5322 message in base64, instead of subject, bodies and headers.",
        "RnJvbTogYUBleGFtcGxlLmNvbQ0KDQpIaQ==",
    ),
    "DryRunOut.raw": Text(
        "The RFC 5322 message that would be sent, in base64.",
        "RnJvbTogYUBleGFtcGxlLmNvbQ0KDQpIaQ==",
    ),
    "relay": Text(
        "The relay; absent: the tenant's `default`, or its only one.", "default"
    ),
    "priority": Text(
        "`immediate`, `high`, `medium`, `low`, or 0 to 3: strict, then in the order of"
        " acceptance. `medium` for a message that does not say it.",
        "medium",
    ),
    "send_at": Text(
        "Not before this moment, RFC 3339 text or seconds since 1970, at most 366 days"
        " ahead. A moment that is past means now.",
        "2026-11-21T14:00:00Z",
    ),
    "MessageIn.expires_at": Text(
        "No attempt after this moment; absent: 72 hours after the first one is due.",
        "2026-11-24T14:00:00Z",
    ),
    "MessageChangeIn.expires_at": Text(
        "No attempt after this moment, RFC 3339 text or seconds since 1970.",
        "2026-11-24T14:00:00Z",
    ),
    "batch": Text(
        "A code by which many messages are suspended, resumed and counted.",
        "newsletter-7",
    ),
    "idempotency_key": Text(
        "Who sends the same message again with this key within 24 hours gets the first"
        " answer, and it is sent once.",
        "order-4711",
    ),
    "override_suppression": Text(
        "Why it goes to suppressed addresses all the same; it is in the event.",
        "a receipt that the law asks for",
    ),
    "reference": Text(
        "What you know the message by, of at most 200 characters; many may have the"
        " same. It is in look-ups, events and webhooks, never in the mail.",
        "order-4711",
    ),
    "tags": Text(
        "What kinds of message it is of: at most 10 texts, each given once. Where"
        " `reference` is, and never in the mail.",
        ["receipt"],
    ),
    "test": Text(
        "true: of a message that a test key submitted, or of a recipient at"
        " `simulator.invalid`: nothing was sent (docs/send/simulator.md).",
        False,
    ),
    "metadata": Text(
        "What else you keep with the message: at most 20 texts by their names, 4 KiB in"
        " all; where `reference` is, and never in the mail.",
        {"customer": "42"},
    ),
    "unsubscribe": Text(
        "true: the mail has `List-Unsubscribe` with a link by which its only recipient"
        " unsubscribes with one click (RFC 8058), and is suppressed then.",
        True,
    ),
    "mode": Text(
        "atomic: all messages or none; partial: each one by itself.", "atomic"
    ),
    "defaults": Text(
        "What messages have that do not say it themselves. `headers` and `metadata` are"
        " put together by name. At most 8 KiB.",
        {"from": "a@example.com", "tags": ["newsletter"]},
    ),
    "DefaultsIn.expires_at": Text(
        "No attempt after this moment; absent: 72 hours after the first one is due.",
        "2026-11-24T14:00:00Z",
    ),
    "BatchIn.messages": Text(
        "1 to 1,000 messages.",
        [{"from": "a@example.com", "to": "b@example.net", "text": "Hi"}],
    ),
    # Attachments.
    "filename": Text("Name of the file in the mail.", "invoice.pdf"),
    "content": Text("The bytes in base64.", "JVBERi0xLjQK"),
    "Reference.url": Text(
        "http or https address that the file is fetched from.",
        "https://example.com/a.pdf",
    ),
    "endpoint": Text(
        "What the tenant's own service (`attachment_url`) knows the file by.",
        "doc_id=4711",
    ),
    "storage": Text("Name of one of the tenant's storages; with `path`.", "files"),
    "Reference.path": Text("Path of the file in the storage.", "2026/invoice.pdf"),
    "content_type": Text(
        "Media type with its parameters; absent: by the file's name.",
        "text/calendar; method=REQUEST",
    ),
    "content_id": Text(
        "The HTML shows it by `cid:` and this; without `<>`.", "logo@example.com"
    ),
    "sha256": Text("Checksum that the bytes must have, hexadecimal.", "ab" * 32),
    "md5": Text("Checksum that the bytes must have, hexadecimal.", "ab" * 16),
    "Reference.auth": Text(
        "How we show that server who asks; for `url`, and for `endpoint` instead of"
        " the tenant's own.",
        {"method": "bearer", "token": "secret"},
    ),
    "Auth.method": Text("`none`, `basic` or `bearer`.", "bearer"),
    "user": Text("User name of `basic`.", "mail"),
    "Auth.password": Text("Password of `basic`.", "secret"),
    "Auth.token": Text("Token of `bearer`.", "secret"),
    # What comes back.
    "id": Text("Id of the message, or of what was made.", _ID),
    "result": Text("What became of the message.", "accepted"),
    "RefusedOut.result": Text("What became of the message.", "refused"),
    "Accepted.relay": Text("The relay that sends it.", "default"),
    "MessageSummaryOut.relay": Text("The relay that sends it.", "default"),
    "QueuedMessageOut.relay": Text("The relay that sends it.", "default"),
    "MessageOut.relay": Text("The relay that sends it.", "default"),
    "state": Text("State of the message.", "queued"),
    "suppressed": Text(
        "Recipients that the suppression list keeps from it.", ["bob@example.net"]
    ),
    "accepted": Text("How many messages were accepted.", 2),
    "refused": Text("How many messages were refused.", 0),
    "BatchOut.messages": Text(
        "A verdict for each message, in the order they were sent.",
        [
            {
                "result": "accepted",
                "id": _ID,
                "state": "queued",
                "relay": "default",
                "suppressed": [],
            }
        ],
    ),
    "sender": Text("The envelope sender; empty: none.", "orders@example.com"),
    "due_at": Text("Not before this moment.", _MOMENT),
    "expires_at": Text("No attempt after this moment.", "2026-11-24T14:00:00.000Z"),
    "attempts": Text("How many attempts have begun.", 1),
    "created_at": Text("When it was made or accepted.", _MOMENT),
    "updated_at": Text("When it was last changed.", _MOMENT),
    "final_at": Text("When nothing more could happen to it; null: before.", _MOMENT),
    "waits_for": Text(
        "What it waits for; null: it is being sent, or is final. "
        + _table(waiting.REASONS),
        "rate_limit",
    ),
    "waits_until": Text("Until when it waits, if that is known.", _MOMENT),
    "recipients": Text(
        "Each recipient and what became of the message there.",
        [
            {
                "address": "ann@example.net",
                "state": "sent",
                "code": 250,
                "enhanced": "2.0.0",
                "reply": "taken as 4711",
                "outcome": "delivered",
                "updated_at": _MOMENT,
            }
        ],
    ),
    "DryRunOut.recipients": Text(
        "Envelope recipients, each once.", ["ann@example.net"]
    ),
    "MessageOut.events": Text("Its events, in their order.", []),
    "RecipientOut.state": Text(
        "`waiting`, then `sent`, `failed`, `suppressed`, `expired` or `cancelled`.",
        "sent",
    ),
    "RecipientOut.outcome": Text(
        "What became of it after it was sent: `delayed`, `relayed` to a smarthost,"
        " `delivered` to the recipient's server, `expired`, `bounced` or `complained`;"
        " null: nothing is known yet. Code, enhanced and reply are of it then.",
        "delivered",
    ),
    "code": Text("SMTP code of the server's reply (RFC 5321 section 4.2).", 250),
    "enhanced": Text("Enhanced code of the reply (RFC 3463).", "2.0.0"),
    "reply": Text("Text of the server's reply.", "taken as 4711"),
    "states": Text(
        "How many messages are in each state: " + ", ".join(states.ALL) + ".",
        {"sent": 12, "queued": 3},
    ),
    "unfinished": Text("How many messages are not final.", 3),
    "MessagesOut.messages": Text("Messages, the newest first.", []),
    "QueueOut.messages": Text("Messages, the newest first.", []),
    "tenant": Text("Id of the tenant; null: the call is of none.", "shop"),
    "removed": Text("How many were removed.", 500),
    # Many with one call.
    "ids": Text("Messages by their ids, at most 1,000.", [_ID]),
    "tag": Text("Messages with this tag.", "newsletter"),
    "CancelIn.reference": Text("Messages with this reference.", "order-4711"),
    "RemoveIn.reference": Text("Messages with this reference.", "order-4711"),
    "CancelIn.batch": Text("Messages of this batch.", "newsletter-7"),
    "RemoveIn.batch": Text("Messages of this batch.", "newsletter-7"),
    "CancelIn.state": Text(
        f"Messages in this state, one of {', '.join(states.AT_REST)}.", "scheduled"
    ),
    "RemoveIn.state": Text(
        f"Messages in this state, one of {', '.join(states.FINAL)}.", "failed"
    ),
    "SweepOut.id": Text("What to ask by how far it has come.", _ID),
    "SweepOut.action": Text("`cancel` or `remove`.", "cancel"),
    "changed": Text("How many messages were cancelled or removed so far.", 2500),
    "left": Text("How many still are to be.", 97500),
    "ended_at": Text("When it had looked at all messages; null: it goes on.", _MOMENT),
    # Suppressions and suspensions.
    "address": Text("An address, or `*@domain` for a whole domain.", "ann@example.net"),
    "RecipientOut.address": Text("The recipient.", "ann@example.net"),
    "EntryIn.reason": Text(
        "Why the address gets nothing; it is in events.", "asked to"
    ),
    "EntryOut.reason": Text("Why the address gets nothing.", "asked to"),
    "EntryIn.expires_at": Text(
        "Until when, RFC 3339 text or seconds since 1970; absent: for good.",
        "2027-01-01T00:00:00Z",
    ),
    "EntryOut.expires_at": Text(
        "Until when; null: for good.", "2027-01-01T00:00:00.000Z"
    ),
    "source": Text(
        "`manual`; `hard_bounce`: a server said that the address does not exist;"
        " `complaint`: the recipient complained about mail of the tenant;"
        " `unsubscribe`: the recipient did it by the link in a message;"
        " `managed`: by the control plane.",
        "manual",
    ),
    "suppressions": Text("Entries in the order of their addresses.", []),
    "everything": Text("true: every message of the tenant is suspended.", False),
    "batches": Text("Suspended batches in the order of their codes.", []),
    "SuspensionOut.batch": Text("Code of the suspended batch.", "newsletter-7"),
    "HeldOut.messages": Text("How many waiting messages were stopped, or go on.", 12),
    "next": Text("Where the following part begins; null: this was the last.", _ID),
}
