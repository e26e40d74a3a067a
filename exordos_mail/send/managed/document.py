# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""A tenant as the control plane writes it: one JSON object with all members."""

import typing as tp

import msgspec

from exordos_mail.schema import limits, relay, tenant
from exordos_mail.send import members
from exordos_mail.send.api import common, decoding
from exordos_mail.send.api.problem import Problem
from exordos_mail.send.keys import handlers as keys
from exordos_mail.send.suppressions import handlers as suppressions

_Uuid = tp.Annotated[
    str, msgspec.Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
]
_Name = tp.Annotated[str, msgspec.Meta(max_length=255)]
#: SHA-256, hex.
_Digest = tp.Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]

_Tenant: tp.Any = members.whole(tenant.FIELDS)
_Relay: tp.Any = members.whole(relay.PLATFORM)


class Key(msgspec.Struct, forbid_unknown_fields=True):
    """An API key; moments are ISO 8601 texts."""

    id: _Uuid
    name: _Name
    hash: _Digest
    scopes: keys.Scopes
    created_at: str
    expires_at: str | None


class DeclaredRelay(_Relay, msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A relay; the members are the columns of the same name."""

    id: common.Id

    def __repr__(self) -> str:
        return f"DeclaredRelay({self.id!r})"


class Suppression(msgspec.Struct, forbid_unknown_fields=True):
    """An address that gets nothing; moments are ISO 8601 texts."""

    address: str
    reason: suppressions.Reason
    created_at: str
    expires_at: str | None


class Document(_Tenant, msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A tenant with everything that the control plane says of it."""

    uuid: _Uuid
    #: Another one with each content.
    tag: _Uuid
    id: common.Id
    name: _Name
    #: Without any it sends nothing.
    sender_domains: tp.Annotated[list[str], msgspec.Meta(max_length=limits.DOMAINS_MAX)]
    api_keys: tp.Annotated[list[Key], msgspec.Meta(max_length=limits.KEYS_MAX)]
    relays: tp.Annotated[
        list[DeclaredRelay], msgspec.Meta(max_length=limits.RELAYS_MAX)
    ]
    suppressions: tp.Annotated[
        list[Suppression], msgspec.Meta(max_length=limits.SUPPRESSIONS_MAX)
    ]

    def __repr__(self) -> str:
        return f"Document({self.uuid!r})"


_decode = msgspec.json.Decoder(Document).decode


def decode(body: bytes) -> Document:
    """Return a document.

    Raises:
        Problem: 400, not JSON; 422, not what a document is.
    """
    found: Document = decoding.decode(_decode, body)
    decoding.check_names(body)
    for name, ids in (
        ("api_keys", [key.id for key in found.api_keys]),
        ("relays", [one.id for one in found.relays]),
    ):
        if len(set(ids)) < len(ids):
            raise Problem(422, "invalid", f"{name}: duplicate id")
    return found
