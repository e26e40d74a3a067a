# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A suppression: an address that a tenant sends nothing to."""

from exordos_mail.schema import field
from exordos_mail.schema.field import Access, Field, Kind
from exordos_mail.schema.noun import Noun

#: Longest reason in characters.
REASON_MAX = 500

NOUN = Noun(
    "suppression",
    "suppressions",
    "An address that a tenant sends nothing to.",
    (
        field.named("Name for people.", ""),
        field.description("order confirmations"),
        Field(
            "address",
            Kind.TEXT,
            "Address that gets nothing, in lower case, unique in the tenant; `*@domain`"
            " for every address of a domain, not of those below it. Set at creation.",
            "jo@example.net",
            rule="recipient",
            access=Access.SET_ONCE,
            sortable=True,
        ),
        field.line(
            "reason",
            "Why, one line.",
            "asked for it by telephone",
            default=None,
            least=1,
            most=REASON_MAX,
            sortable=True,
        ),
        Field(
            "expires_at",
            Kind.MOMENT,
            "Until when, with an offset from UTC; null: for good.",
            "2027-01-31T12:00:00Z",
            nullable=True,
        ),
    ),
    below="tenant",
    key="address",
    model="MailSendSuppression",
    table="mail_send_suppressions",
    permission="send_suppression",
    listed=("uuid", "address", "reason", "expires_at"),
)
