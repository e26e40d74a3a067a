# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""The rows that a document asks for, checked by the rules of the public API."""

import dataclasses
import ipaddress
import typing as tp

import msgspec

from exordos_mail.send import callback_auth, vault
from exordos_mail.send.api import common, decoding
from exordos_mail.send.api import relays as relays_api
from exordos_mail.send.api import tenants as tenants_api
from exordos_mail.send.api.problem import Problem, invalid, invalid_field
from exordos_mail.send.attachments.policy import Policy
from exordos_mail.send.content import address
from exordos_mail.send.managed.document import Document, Relay
from exordos_mail.send.managed.node_server import NodeServer
from exordos_mail.send.records import keys, relays, tenants
from exordos_mail.send.storage import database
from exordos_mail.standards.relay import DEFAULT

#: Members of a document's relay that are a row's columns as they are.
_PLAIN = tuple(
    name
    for name in Relay.__struct_fields__
    if name not in ("id", "tls_verify", "password")
)

# The form of an address is looked at here, and whether it is reached when it is:
# the operator may change that, and a document that is refused would keep out every
# later change, the end of a key too.
_ANYWHERE = Policy(
    networks=(ipaddress.IPv4Network("0.0.0.0/0"), ipaddress.IPv6Network("::/0")),
    ports=frozenset(range(1, 65536)),
)


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Everything of one tenant; rows are as records/ writes them."""

    tenant: database.Row
    keys: list[database.Row]
    #: By id; each with its password, which the row does not have yet.
    relays: dict[str, tuple[database.Row, str | None]]
    #: By address (suppressions.replace_managed).
    suppressions: dict[str, tuple[str, int, int | None]]


def read(
    document: Document, node_server: NodeServer, secrets: vault.Vault, now: int
) -> Wanted:
    """Return what a document asks for.

    Raises:
        Problem: 422, it breaks a rule.
    """
    return Wanted(
        tenant=_tenant(document, secrets),
        keys=[
            keys.row(
                tenant_id=document.id,
                key_id=key.id,
                name=key.name,
                key_digest=key.hash,
                scopes=key.scopes,
                created_at=_moment(f"api_keys[{at}].created_at", key.created_at),
                expires_at=common.milliseconds(
                    f"api_keys[{at}].expires_at", key.expires_at
                ),
                managed=True,
            )
            for at, key in enumerate(document.api_keys)
        ],
        relays={DEFAULT: (node_server.row(document.id), node_server.password)}
        | {
            relay.id: (_relay(document.id, at, relay), relay.password)
            for at, relay in enumerate(document.relays)
        },
        suppressions=_suppressions(document, now),
    )


def _tenant(document: Document, secrets: vault.Vault) -> database.Row:
    tenants_api.check_callback(document.callback_url, _ANYWHERE)
    auth = _callback_auth(document)
    limits = ("limit_minute", "limit_hour", "limit_day")
    return {
        **tenants.empty(document.id),
        **{name: getattr(document, name) for name in limits},
        "name": document.name,
        "active": int(document.active),
        "sender_domains": tenants_api.domains_column(document.sender_domains),
        "callback_url": document.callback_url,
        "callback_auth": document.callback_auth,
        "callback_secret": callback_auth.seal(secrets, document.id, auth),
        "attachment_url": document.attachment_url,
        "managed": 1,
        "managed_uuid": document.uuid,
        "managed_tag": document.tag,
    }


def _callback_auth(document: Document) -> callback_auth.Auth:
    secret = document.callback_secret
    members: dict[str, dict[str, str | None]] = {
        "none": {},
        "basic": {"username": document.callback_username, "password": secret},
        "bearer": {"token": secret},
        "signature": {"secret": secret},
    }
    given = {"type": document.callback_auth, **members[document.callback_auth]}
    try:
        found: callback_auth.Auth = msgspec.convert(given, callback_auth.Auth)
    except msgspec.ValidationError as error:
        raise invalid([decoding.field_problem(error, "callback_auth")]) from None
    return found


def _relay(tenant_id: str, at: int, relay: Relay) -> database.Row:
    row = {
        **relays.empty(tenant_id, relay.id, relay.host),
        **{name: getattr(relay, name) for name in _PLAIN},
        "tls_verify": int(relay.tls_verify),
        # Whoever writes it in the control plane is no operator of this node.
        "public_only": 1,
        "managed": 1,
    }
    try:
        relays_api.check({**row, "password": relay.password}, _ANYWHERE)
    except Problem as problem:
        for error in problem.errors:
            error.field = f"relays[{at}].{error.field}"
        raise
    return row


def _suppressions(
    document: Document, now: int
) -> dict[str, tuple[str, int, int | None]]:
    found: dict[str, tuple[str, int, int | None]] = {}
    for at, entry in enumerate(document.suppressions):
        where = f"suppressions[{at}]"
        try:
            normal = address.normal(address.check(entry.address))
        except address.AddressError as error:
            raise invalid_field(f"{where}.address", str(error)) from None
        if normal in found:
            raise invalid_field(f"{where}.address", "it is in the list already")
        expires_at = common.milliseconds(f"{where}.expires_at", entry.expires_at)
        created_at = _moment(f"{where}.created_at", entry.created_at)
        found[normal] = (entry.reason, created_at, expires_at)
    # What is past must not stand in the place of an entry in force.
    return {
        normal: entry
        for normal, entry in found.items()
        if entry[2] is None or entry[2] > now
    }


def _moment(field: str, given: str) -> int:
    return tp.cast(int, common.milliseconds(field, given))
