# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a payload carries where there is no gateway, made of accounts and the rest."""

import typing as tp

from exordos_mail.protocol import documents


def of(
    domain: str,
    accounts: tp.Mapping[str, tp.Any],
    tenants: tp.Iterable[tp.Mapping[str, tp.Any]] = (),
    more: tp.Mapping[str, tp.Mapping[str, str]] | None = None,
    **settings: tp.Any,
) -> dict[str, tp.Any]:
    """Return collections and texts.

    Args:
        domain: one of the settings.
        accounts: password hashes by username.
        tenants: documents; one that has but uuid and tag could not be made.
        more: texts of other collections.
        settings: the other ones by name.
    """
    hashes = {name: {"password_hash": accounts[name]} for name in accounts}
    texts: dict[str, dict[str, str]] = {
        "settings": {"0": documents.text({"domain": domain, **settings})},
        "accounts": documents.spread(hashes),
        **{name: dict(of) for name, of in (more or {}).items()},
    }
    collections = {name: documents.digests(of) for name, of in texts.items()}
    tenants = list(tenants)
    collections["tenants"] = {one["uuid"]: one["tag"] for one in tenants}
    texts["tenants"] = {
        one["uuid"]: documents.text({one["uuid"]: one})
        for one in tenants
        if set(one) != {"uuid", "tag"}
    }
    return {"collections": collections, "texts": texts}


def revision_of(bulk: tp.Mapping[str, tp.Any]) -> str:
    """Return the revision of a content."""
    return documents.revision(bulk["collections"])


def documents_in(bulk: tp.Mapping[str, tp.Any], collection: str) -> dict[str, tp.Any]:
    """Return the documents of a collection by key."""
    found: dict[str, tp.Any] = {}
    for text in bulk["texts"][collection].values():
        found |= documents.parse(text)
    return found
