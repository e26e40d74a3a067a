# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""The rows that a document asks for, checked by the rules of the public API."""

import dataclasses
import ipaddress
import typing as tp

import msgspec

from exordos_mail.schema import relay
from exordos_mail.send import callback_auth, members, vault
from exordos_mail.send.api import common
from exordos_mail.send.api.problem import Problem, invalid_field
from exordos_mail.send.attachments.policy import Policy
from exordos_mail.send.content import address
from exordos_mail.send.keys import records as keys
from exordos_mail.send.managed.document import DeclaredRelay, Document
from exordos_mail.send.managed.node_server import NodeServer
from exordos_mail.send.relays import handlers as relays_api
from exordos_mail.send.relays import records as relays
from exordos_mail.send.tenants import handlers as tenants_api
from exordos_mail.send.tenants import records as tenants
from exordos_mail.standards.relay import DEFAULT

#: Members of a document, and of its relays, that are columns as they are.
_TENANT = (*members.open_names(tenants.FIELDS), "id", "name")
_RELAY = (*members.open_names(relay.PLATFORM), "id")

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

    tenant: tenants.TenantRow
    keys: list[keys.KeyRow]
    #: By id; each with its password, which the row does not have yet.
    relays: dict[str, tuple[relays.RelayRow, str | None]]
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
            keys.KeyRow(
                id=key.id,
                tenant_id=document.id,
                name=key.name,
                hash=key.hash,
                scopes=keys.scopes_of(key.scopes),
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
            one.id: (_relay(document.id, at, one), one.password)
            for at, one in enumerate(document.relays)
        },
        suppressions=_suppressions(document, now),
    )


def _tenant(document: Document, secrets: vault.Vault) -> tenants.TenantRow:
    tenants_api.check_callback(document.callback_url, _ANYWHERE)
    auth = _callback_auth(document)
    return tenants.TenantRow(
        **{name: getattr(document, name) for name in _TENANT},
        sender_domains=tenants_api.domains_column(document.sender_domains),
        callback_secret=callback_auth.seal(secrets, document.id, auth),
        managed=True,
        managed_uuid=document.uuid,
        managed_tag=document.tag,
    )


def _callback_auth(document: Document) -> callback_auth.Auth:
    try:
        return callback_auth.of_parts(
            document.callback_auth, document.callback_username, document.callback_secret
        )
    except callback_auth.WrongPart as error:
        raise invalid_field(error.field, str(error)) from None


def _relay(tenant_id: str, at: int, given: DeclaredRelay) -> relays.RelayRow:
    row = relays.RelayRow(
        tenant_id=tenant_id,
        **{name: getattr(given, name) for name in _RELAY},
        # Whoever writes it in the control plane is no operator of this node.
        public_only=True,
        managed=True,
    )
    password = None if given.password is None else b""
    try:
        relays_api.check(msgspec.structs.replace(row, password=password), _ANYWHERE)
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
