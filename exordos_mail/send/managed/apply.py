# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""What a document asks for becomes what there is, in one transaction."""

import dataclasses

import msgspec

from exordos_mail.schema import limits, relay
from exordos_mail.schema.field import names
from exordos_mail.send import vault
from exordos_mail.send.api.problem import conflict, invalid_field
from exordos_mail.send.keys import records as keys
from exordos_mail.send.managed.node_server import NodeServer
from exordos_mail.send.managed.wanted import Wanted
from exordos_mail.send.queue import removal
from exordos_mail.send.relays import records as relays
from exordos_mail.send.storage import database, secrets_keys
from exordos_mail.send.suppressions import records as suppressions
from exordos_mail.send.tenants import records as tenants
from exordos_mail.standards.relay import DEFAULT

#: Relays of a tenant: those of a document and the node's own.
_RELAYS_MAX = limits.RELAYS_MAX + 1


#: Columns of a tenant that its lanes use.
_SENDING = ("active", *names(relay.LIMITS))


@dataclasses.dataclass(frozen=True)
class Changed:
    """What was read before is of no use any more."""

    #: Of this tenant everything.
    tenant: bool = False
    #: These relays.
    relays: tuple[str, ...] = ()


def put(
    tx: database.Transaction, wanted: Wanted, secrets: vault.Vault, now: int
) -> Changed:
    """Make or change a tenant.

    Raises:
        Problem: 409, the id is another tenant's; 422, the tenant has another id.
        Conflict: a key is another tenant's.
        KeyGivenUp: this process must not write secrets.
    """
    secrets_keys.check(tx, secrets)
    tenant = wanted.tenant
    tenant_id = tenant.id
    there = tenants.get_managed(tx, str(tenant.managed_uuid))
    if there is None:
        if tenants.get(tx, tenant_id) is not None:
            raise conflict("exists", f"id: there is another tenant {tenant_id}")
        tenants.add(tx, tenant, now)
    elif there.id != tenant_id:
        raise invalid_field("id", f"it is {there.id} and does not change")
    else:
        tenants.change(tx, tenant, now)
    keys.replace_managed(tx, tenant_id, wanted.keys)
    suppressions.replace_managed(tx, tenant_id, wanted.suppressions)
    return Changed(
        tenant=there is not None
        and any(getattr(there, name) != getattr(tenant, name) for name in _SENDING),
        relays=_replace_relays(tx, tenant_id, wanted, secrets, now),
    )


def remove(tx: database.Transaction, uuid: str) -> str | None:
    """Remove a tenant with everything of theirs; return the id if there is one."""
    row = tenants.get_managed(tx, uuid)
    if row is None:
        return None
    tenants.remove(tx, row.id)
    return row.id


def refresh(
    tx: database.Transaction, node_server: NodeServer, secrets: vault.Vault, now: int
) -> None:
    """Give every tenant that uses it the node's own relay as it is now."""
    for tenant in tenants.managed(tx):
        row = relays.get(tx, tenant.id, DEFAULT)
        # Relays of documents are bounded, the node's own is not.
        if row is not None and not row.public_only:
            _put_relay(
                tx, node_server.row(tenant.id), node_server.password, secrets, now
            )


def _replace_relays(
    tx: database.Transaction,
    tenant_id: str,
    wanted: Wanted,
    secrets: vault.Vault,
    now: int,
) -> tuple[str, ...]:
    there = {row.id for row in relays.page(tx, tenant_id, "", _RELAYS_MAX)}
    gone = sorted(there - wanted.relays.keys())
    for relay_id in gone:
        relays.remove(tx, tenant_id, relay_id)
        removal.begin(tx, tenant_id, relay_id)
    changed = [
        relay_id
        for relay_id, (row, password) in sorted(wanted.relays.items())
        if _put_relay(tx, row, password, secrets, now)
    ]
    return (*gone, *changed)


def _put_relay(
    tx: database.Transaction,
    row: relays.RelayRow,
    password: str | None,
    secrets: vault.Vault,
    now: int,
) -> bool:
    """Make or change a relay; False: it is so already, and its connections stay."""
    there = relays.get(tx, row.tenant_id, row.id, lock=True)
    name = vault.row_name("relay", row.tenant_id, row.id)
    if there is not None and _same(there, row, password, secrets, name):
        return False
    sealed = None if password is None else secrets.seal(password, name)
    whole = msgspec.structs.replace(row, password=sealed)
    if there is None:
        relays.add(tx, whole, now)
        removal.undo(tx, row.tenant_id, row.id)
    else:
        relays.change(tx, whole, now)
    return True


def _same(
    there: relays.RelayRow,
    row: relays.RelayRow,
    password: str | None,
    secrets: vault.Vault,
    name: str,
) -> bool:
    none = {"password": None, "created_at": 0, "updated_at": 0}
    if msgspec.structs.replace(there, **none) != row:
        return False
    if there.password is None:
        return password is None
    try:
        return secrets.open(there.password, name) == password
    except vault.WrongKey:
        return False
