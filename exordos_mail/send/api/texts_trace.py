# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Texts of the API's description: traces and erasures."""

import itertools
import typing as tp

from exordos_mail.send.api.text import Text

_ID = "0198c0de-0000-7000-8000-000000000003"
_MOMENT = "2026-11-21T14:00:00.000Z"
_OF_TRACES: tp.Mapping[str, Text] = {
    "state": Text("State of the message; null: it was removed.", "sent"),
    "subject": Text(
        "Its subject; empty: it has none, or it was erased. null: the message was"
        " removed.",
        "Your order",
    ),
    "request": Text(
        "Id in the command log of the call that it came with; null: it has none there.",
        _ID,
    ),
    "message_id": Text(
        "Its Message-ID; null: its content is larger than 64 KiB, or is not there any"
        " more.",
        "<order-4711@shop.example>",
    ),
    "queue_ids": Text("What the node's exim has called it.", ["1vNkQz-00000003Abc-1x"]),
    "timeline": Text("What happened, in the order of time.", []),
    "more": Text(
        "true: it has more than 500 events. All are in the message itself.", False
    ),
}

TEXTS: tp.Mapping[str, Text] = {
    **{
        f"{name}.{member}": text
        for name, (member, text) in itertools.product(
            ("TraceOut", "TenantTraceOut"), _OF_TRACES.items()
        )
    },
    "TenantTraceOut.tenant": Text("Whose it is.", "shop"),
    "traces": Text("Messages with their timelines.", []),
    "TracesOut.next": Text(
        "`before` of the next part; null: this was the last. A part may have fewer"
        " messages than were asked for, or none.",
        _ID,
    ),
    "AllTracesOut.next": Text(
        "`before` of the next part; null: this was the last. A part may have fewer"
        " messages than were asked for, or none.",
        f"shop/{_ID}",
    ),
    "noted_at": Text("When the service came to know of it.", _MOMENT),
    "stage": Text(
        "Where the message was: `accepted`, `queue`, `sent` (handed to the next"
        " server), `outcome` (what became of it there), `feedback` (from the"
        " recipient).",
        "outcome",
    ),
    "HappenedOut.type": Text("Type of the event.", "delivered"),
    # Erasures.
    "ErasureIn.address": Text("The address to erase.", "ann@example.net"),
    "ErasureOut.id": Text("Id of the erasure.", _ID),
    "pseudonym": Text(
        "Stands where the address stood.", "erased-0123456789ab@erased.invalid"
    ),
    "ErasureOut.messages": Text("How many messages have lost it.", 12),
    "ErasureOut.events": Text("How many events have lost it.", 36),
    "ErasureOut.waiting": Text(
        "How many messages have to end first: they are being sent, wait for others too,"
        " or are from this address.",
        0,
    ),
    "ErasureOut.suppressed": Text(
        "true: the address is on the suppression list, and stays there.", True
    ),
    "ErasureOut.created_at": Text("When it began.", _MOMENT),
    "ErasureOut.ended_at": Text("When it ended; null: it goes on.", _MOMENT),
}
