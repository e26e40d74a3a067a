# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""All collections that a node gets."""

import typing as tp

from exordos_mail.controlplane import proof_options
from exordos_mail.controlplane.documents import (
    certificates,
    collection,
    dkim_keys,
    imports,
    outbound,
    settings,
    table,
    tenants,
)
from exordos_mail.protocol import documents
from exordos_mail.schema import catalogue
from exordos_mail.schema.noun import Noun

# A stored hash has been checked; a node gets it without its {SCHEME}.
_HASH = r"regexp_replace(password_hash, '^\{[^}]*\}', '')"

_COLLECTIONS: dict[str, collection.Collection] = {}


def add(one: collection.Collection) -> None:
    """Have nodes get one more collection."""
    _COLLECTIONS[one.name] = one


add(settings.Settings())
_PLAIN = ("quota_bytes", "quota_messages", "suspended", "bounce_to")
# Only what differs from nothing: most accounts of most instances are for sending alone.
add(
    table.TableCollection(
        "accounts",
        "mail_accounts",
        "login",
        {
            "mailbox": "uuid",
            "password_hash": _HASH,
            "app_passwords": "app_passwords::json",
            **{name: name for name in _PLAIN},
        },
        where="mailbox OR bounce_to IS NOT NULL OR active"
        " AND (main_password_for_mail OR app_passwords IS NOT NULL)",
        only={
            "mailbox": "mailbox",
            "app_passwords": "active AND app_passwords IS NOT NULL",
            "password_hash": "active AND main_password_for_mail",
            "quota_bytes": "quota_bytes IS NOT NULL",
            "quota_messages": "quota_messages IS NOT NULL",
            "suspended": "suspended <> 'none'",
            "bounce_to": "bounce_to IS NOT NULL",
        },
    )
)
add(
    table.TableCollection(
        "aliases",
        "mail_aliases",
        "document_key",
        ["targets", "send_as"],
        where="enabled",
        only={"send_as": "send_as"},
    )
)
# Those that are not enabled, too: a node says whether they compile.
add(
    table.TableCollection(
        "sieve_scripts",
        "mail_sieve_scripts",
        "uuid",
        ["account", "content", "enabled", "name"],
    )
)
add(table.TableCollection("purges", "mail_purges", "uuid", {"purge": "TRUE"}))
add(tenants.Tenants())
add(certificates.Certificates())
add(
    table.TableCollection(
        "challenges", "mail_acme_challenges", "token", ["key_authorization"]
    )
)
add(
    table.TableCollection(
        "policies", "mail_domain_policies", "name", ["policy"], "policy IS NOT NULL"
    )
)
add(dkim_keys.DKIMKeys())
add(outbound.Outbound())
add(imports.Imports())


def _column(noun: str, field: str) -> str:
    """Return what a node gets for a field of a noun, in SQL."""
    if (noun, field) == ("domain", "enabled"):
        return proof_options.in_service()
    return f'"{field}"'


def of_noun(noun: Noun) -> table.TableCollection:
    """Return the collection of a noun: what a node sees of its objects, by its key.

    What is for people and what is sealed is not in it.
    """
    others = {noun.key, "name", "description"}
    chosen = any(one.node for one in noun.fields)
    columns = {
        one.name: _column(noun.name, one.name)
        for one in noun.fields
        if one.column
        and not (one.sealed or one.only_service or one.name in others)
        and (one.node or not chosen)
    }
    return table.TableCollection(noun.documents, noun.table, noun.key, columns)


def collections() -> dict[str, collection.Collection]:
    """Return all collections by name: those of this module and those of nouns.

    Raises:
        ValueError: a noun's collection has the name of another one.
    """
    found = {**_COLLECTIONS}
    for noun in catalogue.below("instance"):
        if noun.documents and noun.documents in found:
            raise ValueError(
                f"noun {noun.name}: there is a collection {noun.documents!r} already"
            )
        if noun.documents:
            found[noun.documents] = of_noun(noun)
    return found


def digests(view: collection.View) -> dict[str, dict[str, str]]:
    """Return what a node must be: the digests of all collections, empty ones too.

    Raises:
        keyring.KeyringError: a stored key cannot be opened.
    """
    return {name: one.digests(view) for name, one in collections().items()}


def texts(
    view: collection.View, name: str, buckets: tp.Collection[str]
) -> collection.Texts:
    """Return the texts of buckets of a collection; there is none of another one."""
    one = collections().get(name)
    return one.texts(view, buckets) if one is not None else collection.Texts({})


def bulk(view: collection.View, of: documents.Collections) -> dict[str, tp.Any]:
    """Return digests and texts of all, for a payload that carries everything.

    The texts may be newer than `of`: the digests are theirs. What cannot be made has
    no text: a node keeps it as it has it.
    """
    found = {name: texts(view, name, list(of[name])).texts for name in of}
    told = {name: _told(of[name], found[name]) for name in of}
    return {"collections": told, "texts": found}


def _told(of: documents.Digests, found: tp.Mapping[str, str]) -> dict[str, str]:
    """Return the tags among these digests, and the digests of the other texts."""
    tags = {one: tag for one, tag in of.items() if documents.is_tag(tag)}
    return {**documents.digests(found), **tags}
