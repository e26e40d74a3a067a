# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A bounce mailbox: where a send service reads the bounces of a tenant's mail.

It has no NOUN: a send service alone has it. Where a node is, bounces come to the node.
"""

from exordos_mail.schema.field import Access, Field, Kind

FIELDS = (
    Field(
        "active",
        Kind.FLAG,
        "false: the mailbox is not read.",
        True,
        default=True,
    ),
    Field(
        "protocol",
        Kind.WORD,
        "imap or pop3.",
        "imap",
        default="imap",
        words=("imap", "pop3"),
    ),
    Field(
        "host",
        Kind.TEXT,
        "Name or IP address of the server, which its certificate is for.",
        "imap.example.net",
        rule="host",
    ),
    Field(
        "port",
        Kind.INTEGER,
        "Port of the server. Default: 993, 143, 995 or 110, as `protocol` and `tls`"
        " have it.",
        993,
        most=65535,
        derived=True,
    ),
    Field(
        "tls",
        Kind.WORD,
        "implicit: TLS from the first octet. starttls: after STARTTLS or STLS. There is"
        " no way without TLS. Default: starttls for the ports 143 and 110, else"
        " implicit.",
        "implicit",
        default="implicit",
        words=("implicit", "starttls"),
    ),
    Field(
        "ca",
        Kind.TEXT,
        "PEM of the authorities that are trusted for the server, or of its own"
        " certificate; null: the usual ones.",
        None,
        rule="certificate_chain",
        nullable=True,
    ),
    Field(
        "username",
        Kind.TEXT,
        "User name at the server.",
        "bounces@example.com",
        rule="credential",
    ),
    Field(
        "password",
        Kind.TEXT,
        "Password at the server; it goes over TLS only, is kept encrypted and never"
        " shown. A change of host or user name needs it again.",
        "a long passphrase",
        rule="credential",
        access=Access.WRITE_ONLY,
        secret=True,
        sealed=True,
    ),
    Field(
        "folder",
        Kind.TEXT,
        "Folder that is read, by the name that the server has for it.",
        "INBOX",
        default="INBOX",
        rule="folder",
    ),
    Field(
        "after",
        Kind.WORD,
        "What becomes of a bounce, complaint or automatic reply once it was read."
        " keep: it stays. move: it goes to `move_to`. delete: it is deleted. Letters of"
        " people and what cannot be read always stay.",
        "move",
        default="keep",
        words=("keep", "move", "delete"),
    ),
    Field(
        "move_to",
        Kind.TEXT,
        "Folder that mail is moved to; it has to exist. null: none.",
        "Bounces/Done",
        rule="folder",
        nullable=True,
    ),
    Field(
        "period_seconds",
        Kind.INTEGER,
        "How long after a look into the mailbox the next one is, in seconds.",
        300,
        default=300,
        least=30,
        most=86400,
    ),
    Field(
        "answer_seconds",
        Kind.INTEGER,
        "How long to wait for one answer of the server, in seconds.",
        60,
        default=60,
        most=300,
    ),
    Field(
        "idle",
        Kind.FLAG,
        "Whether the connection stays open and the server tells that mail has come"
        " (IMAP IDLE, RFC 2177), where it can.",
        False,
        default=False,
    ),
)
