# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the API's description says of each member: a text and an example.

A member is found as `Type.member`, else by its name alone. A test sees that each has
both, and that no text is of a member that is not there.
"""

import typing as tp

from exordos_mail.send.api import (
    texts_messages,
    texts_reports,
    texts_tenants,
    texts_trace,
)
from exordos_mail.send.api.text import Text

TEXTS: tp.Mapping[str, Text] = {
    **texts_messages.TEXTS,
    **texts_tenants.TEXTS,
    **texts_reports.TEXTS,
    **texts_trace.TEXTS,
}

#: Parameters of paths and queries.
PARAMETERS: tp.Mapping[str, Text] = {
    "relay": Text("Id of the relay; as a filter: absent for any.", "default"),
    "address": Text(
        "An address; `*@domain` or `@domain` for every address of a domain, not of"
        " those below it. In a path its slashes are written `%2F`.",
        "ann@example.net",
    ),
    "batch": Text(
        "The code of a batch, as its messages have it; as a filter: absent for any.",
        "newsletter-7",
    ),
    "command": Text("Id of a command.", "0198c0de-0000-7000-8000-000000000001"),
    "key": Text(
        "Id of an API key, not the key.", "0198c0de-0000-7000-8000-000000000002"
    ),
    "message": Text("Id of a message.", "0198c0de-0000-7000-8000-000000000003"),
    "mailbox": Text("Id of a bounce mailbox.", "bounces"),
    "storage": Text("Name of a storage.", "files"),
    "tenant": Text(
        "The tenant that the admin means; `default` when absent. A key is of one"
        " tenant and need not name it.",
        "shop",
    ),
    "actor": Text("Who called: `admin` or `key:<id>`; absent: anybody.", "admin"),
    "after": Text("`next` of the part before; absent: from the beginning.", "shop"),
    "before": Text(
        "`next` of the part before; absent: from the newest.",
        "0198c0de-0000-7000-8000-000000000003",
    ),
    "erasure": Text(
        "`id` in the answer of the call that began it.",
        "0198c0de-0000-7000-8000-000000000005",
    ),
    "force": Text("true: messages that are not final are removed too.", False),
    "last": Text("Instead of `after`: begin so many events before the end.", 20),
    "limit": Text("How many at the most.", 100),
    "from": Text("Address of the sender; absent: any.", "shop@example.com"),
    "id": Text("Id of a message; absent: any.", "0198c0de-0000-7000-8000-000000000003"),
    "link": Text("What stands behind the last slash of the link in a mail.", "x7Qd"),
    "message_id": Text(
        "Message-ID of a message, in angle brackets or not; absent: any.",
        "<order-4711@shop.example>",
    ),
    "method": Text("Method of the call; absent: any.", "PUT"),
    "older_than": Text("Age in seconds: what is older is removed.", 2592000),
    "overlap": Text("Seconds for which the former secret signs too.", 86400),
    "path": Text("What the path of the call begins with.", "/v1/tenants"),
    "recipient": Text("A recipient's address; absent: any.", "ann@example.net"),
    "reference": Text("The messages' `reference`; absent: any.", "order-4711"),
    "since": Text("Moment from which on, included.", "2026-11-21T14:00:00Z"),
    "state": Text("State of the messages; absent: any.", "failed"),
    "subject": Text(
        "The whole subject; case and the number of blanks do not count. Absent: any.",
        "Your order",
    ),
    "sweep": Text(
        "`id` in the answer of a call that cancels or removes many messages.",
        "0198c0de-0000-7000-8000-000000000004",
    ),
    "tag": Text("One of the messages' `tags`; absent: any.", "receipt"),
    "to": Text("Address of a recipient; absent: any.", "ann@example.net"),
    "until": Text("Moment up to which, not included.", "2026-11-22T14:00:00Z"),
    "wait": Text("Seconds to wait if there is no event yet.", 20),
}


def of(type_name: str, member: str) -> Text | None:
    """Return the text of a member; None: there is none.

    Args:
        type_name: without the module.
    """
    return TEXTS.get(f"{type_name}.{member}") or TEXTS.get(member)
