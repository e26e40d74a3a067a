# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Payloads as the control plane sends them, made in a line."""

import functools
import hashlib
import typing as tp
import uuid as sys_uuid

from passlib import hash as passlib_hash

from exordos_mail.standards import dkim
from tests import bulk

UUID = str(sys_uuid.UUID(int=7))
DOMAIN = "example.com"
ALICE = "alice@example.com"
PASSWORD = "correct horse battery"  # of alice, wherever she stands alone


@functools.cache
def hashed(password: str) -> str:
    return passlib_hash.sha512_crypt.using(rounds=1000).hash(password)


@functools.cache
def keys() -> dict[str, dict[str, str]]:
    return {
        selector: {
            "algorithm": algorithm,
            "private_key": dkim.generate_private_key(algorithm),
        }
        for selector, algorithm in (
            ("platform", dkim.RSA_SHA256),
            ("platform-ed25519", dkim.ED25519_SHA256),
        )
    }


def payload(
    accounts: tp.Mapping[str, str] | None = None, **changes: tp.Any
) -> dict[str, tp.Any]:
    """Return a target value; `accounts` maps names to plain passwords.

    `tenants` are documents, see `document`; `more` are texts of other collections.
    """
    plain = {"alice": PASSWORD} if accounts is None else accounts
    domain = changes.pop("domain", DOMAIN)
    parts = {
        "accounts": changes.pop("hashes", None)
        or {name: hashed(password) for name, password in plain.items()},
        "dkim_keys": changes.pop("dkim_keys", keys()),
        "rate_limit": changes.pop("rate_limit", "1000 / 1h"),
    }
    for name in (
        "tenants",
        "send_networks",
        "hostname",
        "resolver",
        "more",
        "mailboxes",
    ):
        part = changes.pop(name, None)
        if part:
            parts[name] = part
    content = bulk.of(domain, **parts)
    value = {
        "uuid": UUID,
        "name": "mail",
        "generation": 1,
        "revision": bulk.revision_of(content),
        "domain": domain,
        "bulk": content,
    }
    return {**value, **changes}


def document(number: int = 1, **changes: tp.Any) -> dict[str, tp.Any]:
    """Return the document of a tenant, with one key and nothing else."""
    value = {
        "uuid": str(sys_uuid.UUID(int=0x7000 + number)),
        "tag": str(sys_uuid.UUID(int=0x8000 + number)),
        "id": f"tenant-{number}",
        "name": f"Tenant {number}",
        "active": True,
        "limit_minute": None,
        "limit_hour": None,
        "limit_day": None,
        "sender_domains": [DOMAIN],
        "callback_url": None,
        "callback_auth": "none",
        "callback_username": None,
        "callback_secret": None,
        "attachment_url": None,
        "api_keys": [
            {
                "id": str(sys_uuid.UUID(int=0x9000 + number)),
                "name": "key",
                "hash": hashlib.sha256(api_key(number).encode()).hexdigest(),
                "scopes": ["send", "read", "manage"],
                "created_at": "2026-01-01T00:00:00Z",
                "expires_at": None,
            }
        ],
        "relays": [],
        "suppressions": [],
    }
    return {**value, **changes}


def api_key(number: int = 1) -> str:
    """Return the API key of the tenant with that number."""
    return f"exm_{number:040d}"


def without_bulk(value: tp.Mapping[str, tp.Any]) -> dict[str, tp.Any]:
    """Return what the agent hands over when it repairs."""
    return {name: field for name, field in value.items() if name != "bulk"}
