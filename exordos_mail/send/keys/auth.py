# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Who calls, by the token of the Authorization header (RFC 6750)."""

import hmac

from exordos_mail.send import clock
from exordos_mail.send.api.principal import ADMIN, KEY, SCRAPER, Principal
from exordos_mail.send.api.problem import Problem
from exordos_mail.send.keys import records as keys
from exordos_mail.send.service import Service
from exordos_mail.standards import api_key


async def authenticate(service: Service, header: str | None) -> Principal:
    """Return who sends this Authorization header.

    Raises:
        Problem: 401, nobody in force.
    """
    token = _token(header)
    if hmac.compare_digest(api_key.digest(token), service.admin_digest):
        return ADMIN
    row = await service.base.read(keys.find, token, clock.now())
    if row is None:
        raise unauthenticated()
    scopes = frozenset(row.scopes.split())
    return Principal(KEY + row.id, row.tenant_id, scopes, row.test)


async def may_read_metrics(service: Service, header: str | None) -> Principal:
    """Return who sends this Authorization header, for the metrics.

    Raises:
        Problem: 401, nobody in force; 403, neither the admin nor the metrics token.
    """
    if hmac.compare_digest(api_key.digest(_token(header)), service.metrics_digest):
        return SCRAPER
    principal = await authenticate(service, header)
    if not principal.is_admin:
        raise Problem(
            403, "forbidden", "only the metrics or the admin token may do this"
        )
    return principal


def _token(header: str | None) -> str:
    scheme, _, token = (header or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise unauthenticated()
    return token


def unauthenticated() -> Problem:
    """Return the problem of a call without a token that counts."""
    # A new one each time: a raised object keeps the frames that it went through.
    return Problem(
        401,
        "unauthenticated",
        "send the admin token or an API key as `Authorization: Bearer …`",
        headers={"WWW-Authenticate": "Bearer"},
    )


def tenant_of(principal: Principal, scope: str, wanted: str | None) -> str:
    """Return the tenant a call is about.

    Args:
        scope: what the caller wants to do with it.
        wanted: the tenant that the call names.

    Raises:
        Problem: 403, not this caller.
    """
    if principal.tenant_id is None:
        return wanted or "default"
    if wanted is not None and wanted != principal.tenant_id:
        raise Problem(403, "forbidden", "the key is another tenant's")
    if scope not in principal.scopes:
        raise Problem(403, "forbidden", f"the key has no scope {scope}")
    return principal.tenant_id
