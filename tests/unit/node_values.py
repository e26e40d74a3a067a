# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Payloads for a node as values, good ones and such as a test spoils."""

import typing as tp
import uuid as sys_uuid

from exordos_mail.protocol import revision, shards
from exordos_mail.standards import dkim

HASH = "$6$rounds=1000$abcdefgh$" + "x" * 86
RSA = dkim.generate_private_key(dkim.RSA_SHA256)
ED25519 = dkim.generate_private_key(dkim.ED25519_SHA256)
TENANT = {
    "uuid": str(sys_uuid.UUID(int=1)),
    "tag": str(sys_uuid.UUID(int=2)),
    "id": "acme",
}
OTHER = {
    "uuid": str(sys_uuid.UUID(int=3)),
    "tag": str(sys_uuid.UUID(int=4)),
    "id": "other",
}


def target_value(domain: str = "example.com", **bulk: tp.Any) -> dict[str, tp.Any]:
    """Return a payload; `bulk` replaces parts of its content, and may be nonsense."""
    content = {
        "accounts": {"alice": HASH},
        "dkim_keys": {"platform": {"algorithm": "rsa-sha256", "private_key": RSA}},
        "rate_limit": "1000 / 1h",
        **bulk,
    }
    return {
        "uuid": "u",
        "name": "n",
        "generation": 3,
        "domain": domain,
        "revision": revision_of(domain, content),
        "bulk": content,
    }


def revision_of(domain: str, bulk: tp.Mapping[str, tp.Any]) -> str:
    """Return the revision of a content, as far as it is good."""
    accounts = bulk.get("accounts")
    good = accounts if isinstance(accounts, dict) else {}
    texts = {
        name: str(text) for name, text in good.items() if (name + str(text)).isascii()
    }
    no_settings = ("accounts", "tenants")
    return revision.compute(
        domain,
        revision.settings_digest({n: bulk[n] for n in bulk if n not in no_settings}),
        shards.digests(shards.split(texts)),
        tags_of(bulk.get("tenants", ())),
    )


def tags_of(documents: tp.Iterable[tp.Any]) -> dict[str, str]:
    """Return the tags of tenants by uuid."""
    return {one["uuid"]: one["tag"] for one in documents if isinstance(one, dict)}
