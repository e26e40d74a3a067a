# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Texts of the API's description: events, webhook, command log, problems, health."""

import typing as tp

from exordos_mail.schema import bounce_mailbox
from exordos_mail.send.api.text import Text
from exordos_mail.send.queue import events, reasons

_ID = "0198c0de-0000-7000-8000-000000000001"
_MOMENT = "2026-11-21T14:00:00.000Z"


def _rows(lines: tp.Mapping[str, str]) -> str:
    return "\n".join(f"| `{name}` | {text} |" for name, text in lines.items())


_TYPES = "What happened.\n\n| type | members of `details` |\n|---|---|\n" + _rows(
    events.TYPES
)
_REASONS = (
    "What there is to say about it; moments in it are RFC 3339 texts. `cause` is a"
    " sentence for people.\n\n| reason | meaning |\n|---|---|\n" + _rows(reasons.EVERY)
)

TEXTS: tp.Mapping[str, Text] = {
    "seq": Text("Number of the event: per tenant, from 1, without gaps.", 17),
    "at": Text("When it happened.", _MOMENT),
    "EventOut.type": Text(_TYPES, "deferred"),
    # Bounce mailboxes.
    "BounceMailboxIn.id": Text(
        "Id of the bounce mailbox: 1 to 63 of a-z 0-9 . _ -, a letter or digit first.",
        "bounces",
    ),
    "BounceMailboxOut.id": Text("Id of the bounce mailbox.", "bounces"),
    **{
        f"{one}.{field.name}": Text(field.text, field.example)
        for field in bounce_mailbox.FIELDS
        for one in ("BounceMailboxIn", "BounceMailboxChangeIn", "BounceMailboxOut")
        if not (field.secret and one == "BounceMailboxOut")
    },
    "BounceMailboxOut.state": Text(
        "`waiting`: it was not read yet; `active`; `failing`: see `last_error`; `off`:"
        " it is not active.",
        "active",
    ),
    "reading": Text("Whether it is being read, or its server tells of mail.", False),
    "attempted_at": Text("When it was last begun to be read.", _MOMENT),
    "polled_at": Text("When it was last read without a failure.", _MOMENT),
    "next_poll_at": Text("When it is read next; null: it is not active.", _MOMENT),
    "BounceMailboxOut.failures": Text("Polls that failed in a row.", 0),
    "BounceMailboxOut.last_error": Text(
        "Why the last poll failed; null: it did not.", None
    ),
    "bounces": Text("Mails that were bounces.", 12),
    "complaints": Text("Mails that were complaints.", 1),
    "others": Text("Mails that were neither, and changed nothing.", 3),
    "unread": Text(
        "Mails that cannot be read: they are larger than 10 MiB, no mail, or the server"
        " does not give them. They stay.",
        0,
    ),
    "BounceMailboxOut.events": Text("Events that were written.", 13),
    "bounce_mailboxes": Text("Bounce mailboxes in the order of their ids.", []),
    "works": Text("Whether it can be read, and mail be moved or deleted as set.", True),
    "MailboxTestOut.reason": Text("Why not.", None),
    "MailboxTestOut.messages": Text("Mails in the folder.", 5),
    # What came back by mail.
    "BounceOut.kind": Text(
        "`bounce`: it tells of deliveries; `complaint`; `disposition`: it tells that a"
        " message was read; `auto_reply`; `other`. The last three change nothing.",
        "bounce",
    ),
    "BounceOut.why": Text(
        "How it was recognised.", "it has a part message/delivery-status"
    ),
    "found": Text("What it says of each recipient, and what was done.", []),
    "FoundOut.recipient": Text(
        "The recipient; null: the mail does not say which one.", "ann@example.net"
    ),
    "FoundOut.message_id": Text(
        "The message; null: none that the tenant has sent.", _ID
    ),
    "action": Text(
        "`failed`, `delayed`, `delivered`, `relayed`, `expanded`, `complained`, or"
        " `unknown`.",
        "failed",
    ),
    "class": Text(
        "What a failure is about: `recipient`, `mailbox-full`, `policy`, `reputation`,"
        " `content`, `rate`, `infrastructure`, `unknown`; of a complaint `complaint`."
        " Only `recipient` and `complaint` suppress. null: nothing has failed.",
        "recipient",
    ),
    "FoundOut.code": Text("SMTP code of the server that decided.", 550),
    "FoundOut.enhanced": Text("Its enhanced code (RFC 3463).", "5.1.1"),
    "FoundOut.reply": Text("Its text.", "550 5.1.1 no such user"),
    "server": Text("That server, as the mail names it.", "mx.example.net"),
    "unsure": Text("true: guessed from a text for people; never suppresses.", False),
    "event": Text("Type of the event that was written; null: none.", "bounced"),
    "FoundOut.suppressed": Text(
        "true: the address is on the suppression list now.", True
    ),
    "FoundOut.why": Text(
        "Why that was done, or nothing.", "the address does not exist"
    ),
    "EventOut.message_id": Text("The message; null: it is about none.", _ID),
    "recipient": Text("The recipient; null: it is about none.", "ann@example.net"),
    "actor": Text(
        "Who did it: `admin`, `key:<id>`, `control` or `service`.", "service"
    ),
    "details": Text(
        _REASONS, {"attempt": 1, "reason": "recipient_refused", "code": 451}
    ),
    "events": Text("Events in their order.", []),
    "EventsOut.next": Text("`after` of the next call.", 17),
    # The webhook.
    "url": Text(
        "Where events are posted to; null: nowhere.",
        "https://shop.example.com/mail-events",
    ),
    "auth": Text(
        "How the receiver knows us: an object whose `type` is `none`, `basic`,"
        " `bearer` or `signature`.",
        {"type": "bearer", "token": "secret"},
    ),
    "SecretOut.secret": Text(
        "The new secret; shown here and never again.",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    ),
    "former_until": Text("Until when the former secret signs too.", _MOMENT),
    "WebhookOut.state": Text(
        "`active`, `failing`, `paused`, `disabled`; `none`: there is no address.",
        "active",
    ),
    "cursor": Text("Number of the last event that the receiver has taken.", 17),
    "last": Text("Number of the tenant's last event.", 20),
    "WebhookOut.waiting": Text("How many events wait.", 3),
    "lag_seconds": Text("Seconds since the first event that waits.", 1.5),
    "failures": Text("Attempts that failed in a row.", 0),
    "last_error": Text("Why the last one did; null: it did not.", None),
    "next_attempt_at": Text("The next attempt is not before; null: at once.", None),
    "delivered_at": Text("When a batch was last taken.", _MOMENT),
    "disabled_at": Text("Since when it is switched off; null: it is on.", None),
    "disabled_reason": Text(
        "`gone`: the receiver answered 410; `failing`: no success for days; `asked`:"
        " by API.",
        None,
    ),
    "taken": Text("true: the receiver answered 2xx.", True),
    "TestOut.reason": Text("Why it was not taken; null: it was.", None),
    "from_seq": Text(
        "Number of the first event to send; above the cursor, it leaves events out.", 17
    ),
    "from_time": Text(
        "Send again what happened since, RFC 3339 text or seconds since 1970.",
        "2026-11-21T14:00:00Z",
    ),
    # The command log.
    "method": Text("Method of the call.", "PUT"),
    "path": Text(
        "Path of the call with its query, in one form: it can be called again.",
        "/v1/suppressions/ann@example.net",
    ),
    "request": Text(
        "Body of the call, secrets masked; null: none, or mail.", {"reason": "asked to"}
    ),
    "CommandOut.id": Text("Id of the command.", _ID),
    "CommandOut.at": Text("When it was called.", _MOMENT),
    "CommandOut.actor": Text("Who called: `admin` or `key:<id>`.", "admin"),
    "CommandOut.result": Text("Ids, states and numbers of the answer.", {"count": 1}),
    "StepOut.result": Text(
        "What it came to: the id in it stands for the one of the new service.",
        {"id": _ID},
    ),
    "status": Text("HTTP status of the answer.", 200),
    "commands": Text("Commands, the oldest first.", []),
    "missing_before": Text(
        "Commands from before this moment are missing, so these do not lead to the"
        " present configuration; null: none is missing.",
        None,
    ),
    # Problems and health.
    "ProblemOut.code": Text("A word for programs.", "invalid"),
    "detail": Text("A sentence for people.", "some members of the request are wrong"),
    "ProblemOut.status": Text("The HTTP status.", 422),
    "errors": Text(
        "Each member that is wrong.",
        [{"field": "to[0]", "message": "the local part, before the @, is empty"}],
    ),
    "RefusedOut.code": Text("A word for programs.", "invalid"),
    "field": Text("Path of the member in the request.", "messages[3].to[0]"),
    "message": Text(
        "What is wrong, and what would be right; without the value.",
        "the local part, before the @, is empty",
    ),
    "HealthOut.status": Text("`live` or `ready`.", "ready"),
    "ReadyOut.status": Text("`ready`.", "ready"),
    "paused": Text(
        "true: the operator has paused the whole service. Messages are accepted, and"
        " none is sent.",
        False,
    ),
    "PauseOut.since": Text("Since when; null: it is not paused.", _MOMENT),
    "woken": Text("true: every lane is looked at.", True),
}
