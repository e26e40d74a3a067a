# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A domain: a mail domain that an instance serves."""

import typing as tp

from exordos_mail.schema import field, mailbox
from exordos_mail.schema.action import Action
from exordos_mail.schema.field import Access, Field, Kind
from exordos_mail.schema.noun import Noun

#: Fewest and most days between two rotations of DKIM keys.
ROTATION_DAYS_MIN, ROTATION_DAYS_MAX = 7, 3650

_PUBLISH_STATES = ("none", "waiting", "published", "failing")
_OWNERSHIP = ("unproven", "proven", "lapsed")


def _observed(
    name: str, kind: Kind, text: str, example: tp.Any, **more: tp.Any
) -> Field:
    return Field(name, kind, text, example, access=Access.READ_ONLY, **more)


def _word(name: str, words: tuple[str, ...], text: str, example: str) -> Field:
    return Field(
        name, Kind.WORD, text, example, default=words[0], words=words, sortable=True
    )


def _flag(name: str, default: bool, text: str) -> Field:
    return Field(name, Kind.FLAG, text, True, default=default, sortable=True, node=True)


def _address(name: str, text: str, example: str) -> Field:
    return Field(name, Kind.TEXT, text, example, rule="recipient", nullable=True)


_SETTINGS = (
    _flag(
        "enabled",
        True,
        "Whether the domain sends and receives; false: what is submitted is refused,"
        " and mail that waits is held.",
    ),
    _flag(
        "receives",
        False,
        "Whether this instance receives the domain's mail. Records that bring mail"
        " here, such as MX, are advised only then.",
    ),
    _word(
        "publish",
        ("none", "core", "rfc2136"),
        "Who publishes the DNS records: none: you. core: the cloud's DNS. rfc2136: a"
        " server that takes updates (RFC 2136).",
        "none",
    ),
    _word(
        "dkim_mode",
        ("txt", "cname"),
        "How DKIM keys are published: txt: each in a record of the domain. cname: by"
        " aliases into the operator's zone, so that a rotation changes nothing of"
        " yours.",
        "txt",
    ),
    Field(
        "dkim_rotation_days",
        Kind.INTEGER,
        "Days between two rotations of the DKIM keys; null: only when asked for.",
        180,
        least=ROTATION_DAYS_MIN,
        most=ROTATION_DAYS_MAX,
        nullable=True,
    ),
    _word(
        "dmarc_policy",
        ("none", "quarantine", "reject"),
        "What others are asked to do with mail in the domain's name that fails the"
        " checks (RFC 9989).",
        "reject",
    ),
    _address(
        "dmarc_rua",
        "Where others send their reports about DMARC; null: nowhere.",
        "dmarc@example.com",
    ),
    _address(
        "tls_rua",
        "Where others send their reports about TLS (RFC 8460); null: nowhere.",
        "tls@example.com",
    ),
    _word(
        "mta_sts",
        ("off", "testing", "enforce"),
        "Policy for those who send to the domain (RFC 8461). enforce: first testing,"
        " and enforce after a time without failures.",
        "enforce",
    ),
)

NOUN = Noun(
    "domain",
    "domains",
    "A mail domain that an instance serves.",
    (
        Field(
            "name",
            Kind.TEXT,
            "Name of the domain, in lower case and without a dot at the end; a name in"
            " another script in its xn-- form. Unique in the instance, and set at"
            " creation.",
            "example.org",
            rule="domain",
            access=Access.SET_ONCE,
            sortable=True,
        ),
        _observed(
            "unicode_name",
            Kind.OWN,
            "The name in its own script.",
            "example.org",
            column=False,
        ),
        field.description("the shop's second brand"),
        _observed(
            "primary",
            Kind.FLAG,
            "Whether it is the instance's own domain, which is made and deleted with"
            " the instance and has its uuid.",
            False,
            default=False,
            sortable=True,
            node=True,
        ),
        *_SETTINGS,
        _observed(
            "ownership",
            Kind.WORD,
            "Whether the DNS shows that the domain is yours. unproven: not yet."
            " proven: it does. lapsed: it did, and does not any more.",
            "proven",
            default=_OWNERSHIP[0],
            words=_OWNERSHIP,
            sortable=True,
        ),
        _observed(
            "proof_name",
            Kind.OWN,
            "Name of the TXT record that proves the ownership.",
            "_exordos-mail.example.org",
            column=False,
        ),
        _observed(
            "proof_value",
            Kind.OWN,
            "Content of that record.",
            "exordos-mail=nxikzrkeqvqkmsechz457p3sze",
            column=False,
        ),
        _observed(
            "publish_state",
            Kind.WORD,
            "How it goes with publishing the records. none: nobody does, see publish."
            " waiting: until the domain is proven to be yours. published: all are"
            " there. failing: see publish_reason; it is tried again without end.",
            "published",
            default=_PUBLISH_STATES[0],
            words=_PUBLISH_STATES,
            sortable=True,
        ),
        _observed(
            "publish_reason",
            Kind.LINE,
            "Why records are not published, or not all of them; null: they are.",
            "the name server 192.0.2.53 does not answer: Timeout",
            nullable=True,
            most=1024,
        ),
        _observed(
            "checked_at",
            Kind.MOMENT,
            "When the DNS was last asked about the domain; null: not yet.",
            "2026-01-31T12:00:00Z",
            nullable=True,
        ),
        _observed(
            "check_asked_at",
            Kind.MOMENT,
            "When a check was last asked for; null: never.",
            "2026-01-31T12:00:00Z",
            nullable=True,
        ),
        mailbox.usage_sum("domain's"),
    ),
    below="instance",
    key="name",
    documents="domains",
    listed=("uuid", "name", "primary", "enabled", "receives", "ownership"),
    own_actions=(
        Action(
            "check",
            "Look at the domain's DNS records at once. What is found shows in the"
            " records' states within seconds.",
        ),
        Action(
            "rotate_dkim",
            "Ask for new DKIM keys, where none is on its way. They sign when the DNS"
            " shows their records.",
        ),
    ),
)
