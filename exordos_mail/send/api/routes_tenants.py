# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Routes of tenants and of what they have."""

import typing as tp

from exordos_mail.send.api import (
    common,
    keys,
    relays,
    storages,
    tenants,
)
from exordos_mail.send.api.route import Access, Route

_Page = common.PageQuery


def _tenants() -> tp.Iterator[Route]:
    path, one = "/v1/tenants", "/v1/tenants/{tenant}"
    yield Route(
        "POST",
        path,
        Access.ADMIN,
        tenants.add,
        "Make a tenant",
        201,
        tenants.TenantOut,
        tenants.TenantIn,
    )
    yield Route(
        "GET",
        path,
        Access.ADMIN,
        tenants.page,
        "List tenants",
        200,
        tenants.TenantsOut,
        query=_Page,
    )
    yield Route(
        "GET",
        one,
        Access.READ,
        tenants.get,
        "Read a tenant",
        200,
        tenants.TenantOut,
    )
    yield Route(
        "PATCH",
        one,
        Access.ADMIN,
        tenants.change,
        "Change a tenant",
        200,
        tenants.TenantOut,
        tenants.TenantChangeIn,
    )
    yield Route(
        "DELETE",
        one,
        Access.ADMIN,
        tenants.remove,
        "Remove a tenant with everything of theirs",
        204,
        query=tenants.RemoveQuery,
    )


def _keys() -> tp.Iterator[Route]:
    path = "/v1/keys"
    yield Route(
        "POST",
        path,
        Access.MANAGE,
        keys.add,
        "Make an API key; it is shown once",
        201,
        keys.NewKeyOut,
        keys.KeyIn,
    )
    yield Route(
        "GET",
        path,
        Access.MANAGE,
        keys.page,
        "List API keys",
        200,
        keys.KeysOut,
        query=_Page,
    )
    yield Route(
        "DELETE",
        f"{path}/{{key}}",
        Access.MANAGE,
        keys.revoke,
        "Revoke a key, and all keys that it has made",
        204,
    )


def _relays() -> tp.Iterator[Route]:
    path, one = "/v1/relays", "/v1/relays/{relay}"
    out = relays.RelayOut
    yield Route(
        "POST",
        path,
        Access.MANAGE,
        relays.add,
        "Make a relay",
        201,
        out,
        relays.RelayIn,
    )
    yield Route(
        "GET",
        path,
        Access.READ,
        relays.page,
        "List relays",
        200,
        relays.RelaysOut,
        query=_Page,
    )
    yield Route("GET", one, Access.READ, relays.get, "Read a relay", 200, out)
    yield Route(
        "PATCH",
        one,
        Access.MANAGE,
        relays.change,
        "Change a relay",
        200,
        out,
        relays.RelayChangeIn,
    )
    yield Route("DELETE", one, Access.MANAGE, relays.remove, "Remove a relay", 204)


def _storages() -> tp.Iterator[Route]:
    path, one = "/v1/storages", "/v1/storages/{storage}"
    out = storages.StorageOut
    yield Route(
        "GET",
        path,
        Access.READ,
        storages.page,
        "List storages of attachments",
        200,
        storages.StoragesOut,
        query=_Page,
    )
    yield Route("GET", one, Access.READ, storages.get, "Read a storage", 200, out)
    yield Route(
        "PUT",
        one,
        Access.MANAGE,
        storages.put,
        "Make or change a storage",
        200,
        out,
        storages.StorageIn,
    )
    yield Route("DELETE", one, Access.MANAGE, storages.remove, "Remove a storage", 204)


TABLE: tuple[Route, ...] = (
    *_tenants(),
    *_keys(),
    *_relays(),
    *_storages(),
)
