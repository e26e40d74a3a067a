# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A relay: a server that takes a tenant's mail."""

from exordos_mail.schema import field, limits
from exordos_mail.schema.field import Access, Field, Kind
from exordos_mail.schema.noun import Noun

ID = Field(
    "id",
    Kind.TEXT,
    "Id of the relay in the send service, unique in the tenant; `default` takes the"
    " place of the instance's own mail server. Set at creation.",
    "provider",
    rule="id",
    access=Access.SET_ONCE,
    sortable=True,
)

HOST = Field(
    "host",
    Kind.TEXT,
    "Name or IP address of the server, without a port.",
    "smtp.example.net",
    rule="host",
    sortable=True,
)
PORT = Field(
    "port",
    Kind.INTEGER,
    "Port of the server. Default: 465, 587 or 25, as `tls` usually has it.",
    587,
    most=65535,
    sortable=True,
    derived=True,
)
TLS = Field(
    "tls",
    Kind.WORD,
    "implicit: TLS from the first octet (port 465). starttls: after STARTTLS. none: no"
    " TLS. Default: as `port` has it, else starttls.",
    "starttls",
    default="starttls",
    words=("implicit", "starttls", "none"),
    sortable=True,
)
TLS_VERIFY = Field(
    "tls_verify",
    Kind.FLAG,
    "Whether the server's certificate is checked.",
    True,
    default=True,
)
USERNAME = Field(
    "username",
    Kind.TEXT,
    "User name; it and `password` go together. null: nobody logs in.",
    "shop",
    rule="credential",
    nullable=True,
)
PASSWORD = Field(
    "password",
    Kind.TEXT,
    "Password; it goes over TLS only, is kept encrypted and never shown.",
    "a long passphrase",
    rule="credential",
    nullable=True,
    access=Access.WRITE_ONLY,
    secret=True,
    sealed=True,
)
CONNECTION_SECONDS = Field(
    "connection_seconds",
    Kind.INTEGER,
    "How long a connection is used, in seconds.",
    300,
    default=300,
    most=86400,
)
CONNECTION_MESSAGES = Field(
    "connection_messages",
    Kind.INTEGER,
    "How many messages a connection carries.",
    1000,
    default=1000,
    most=limits.COUNT_MAX,
)
CONCURRENCY = Field(
    "concurrency", Kind.INTEGER, "Connections at a time.", 10, default=10, most=100
)
#: 300: the longest that RFC 5321 section 4.5.3.2 asks for at any step before the end.
TIMEOUT = Field(
    "timeout_seconds",
    Kind.INTEGER,
    "How long to wait for one reply of the server, in seconds.",
    300,
    default=300,
    most=600,
)
#: Who gives up too early sends a message again to a server that has taken it (RFC 5321
#: section 4.5.3.2.6: 10 minutes).
END_TIMEOUT = Field(
    "end_timeout_seconds",
    Kind.INTEGER,
    "How long to wait for the answer to a whole message, in seconds (RFC 5321"
    " 4.5.3.2.6). A shorter time than the server needs makes the message come twice.",
    600,
    default=600,
    most=3600,
    only_service=True,
)
OVER_LIMIT = Field(
    "over_limit",
    Kind.WORD,
    "What happens to a message over the limits. defer: it waits. reject: it fails.",
    "defer",
    default="defer",
    words=("defer", "reject"),
    sortable=True,
)
PUBLIC_ONLY = Field(
    "public_only",
    Kind.FLAG,
    "Reach no private address but those that the operator allows. What a key makes"
    " always is so; the admin may decide.",
    False,
    default=False,
    only_service=True,
)

FIELDS = (
    HOST,
    PORT,
    TLS,
    TLS_VERIFY,
    USERNAME,
    PASSWORD,
    CONNECTION_SECONDS,
    CONNECTION_MESSAGES,
    CONCURRENCY,
    TIMEOUT,
    END_TIMEOUT,
    OVER_LIMIT,
    PUBLIC_ONLY,
)
LIMITS = limits.per_time("relay")
#: What the control plane has, and tells a node.
PLATFORM = tuple(one for one in (*FIELDS, *LIMITS) if not one.only_service)

NOUN = Noun(
    "relay",
    "relays",
    "A server that takes a tenant's mail.",
    (
        field.named("Name for people.", "Shop"),
        field.description("order confirmations"),
        ID,
        *PLATFORM,
    ),
    below="tenant",
    key="id",
    model="MailSendRelay",
    table="mail_send_relays",
    permission="send_relay",
    listed=("uuid", "id", "host", "port", "tls"),
)
