# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An alias: an address whose mail goes to other addresses."""

from exordos_mail.schema import field, limits
from exordos_mail.schema.field import Access, Field, Kind
from exordos_mail.schema.noun import Noun

NOUN = Noun(
    "alias",
    "aliases",
    "An address whose mail goes to other addresses.",
    (
        field.named("Name for people.", "Sales"),
        field.description("who sells what"),
        Field(
            "local_part",
            Kind.TEXT,
            "Left of the @ in the alias's address, unique in its domain; `*` takes the"
            " mail that nothing else in the domain takes. Set at creation.",
            "sales",
            rule="local_part",
            access=Access.SET_ONCE,
            sortable=True,
        ),
        Field(
            "domain",
            Kind.TEXT,
            "Right of the @: the name of one of the instance's domains; the primary one"
            " if not given. Set at creation.",
            "example.com",
            rule="domain",
            access=Access.SET_ONCE,
            sortable=True,
            derived=True,
        ),
        Field(
            "targets",
            Kind.TEXTS,
            "Addresses that its mail goes to, of this instance or of others, each once"
            " and in lower case.",
            ["ann@example.com", "bob@example.net"],
            rule="target",
            most=limits.TARGETS_MAX,
        ),
        Field(
            "enabled",
            Kind.FLAG,
            "false: as if there were no such alias. Its mail is refused, unless the"
            " domain's `*` takes it.",
            True,
            default=True,
            sortable=True,
        ),
        Field(
            "send_as",
            Kind.FLAG,
            "Whether accounts among its targets may send mail from the alias's"
            " address.",
            False,
            default=False,
            sortable=True,
        ),
    ),
    below="instance",
    key="local_part",
    conflict="an alias of this local part in this domain, or of this uuid, exists, or"
    " the instance is gone",
    listed=("uuid", "local_part", "domain", "targets", "enabled", "send_as"),
)
