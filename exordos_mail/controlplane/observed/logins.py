# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""When accounts and app passwords last logged in; of two moments the later counts.

    logins          {key: {"login": "alice@example.com", "service": "imap", "at": 1}}
    app-passwords   {uuid: {"at": 1}}

`at`: seconds of Unix time. A node's clock may be wrong: nothing has happened after now.
"""

import typing as tp
import uuid as sys_uuid

from psycopg.types import json

from exordos_mail.controlplane.documents import collection
from exordos_mail.controlplane.observed import checks
from exordos_mail.protocol import messages, observations
from exordos_mail.standards import address

KIND, APP_PASSWORDS = "logins", "app-passwords"
_SERVICES = ("smtp", "imap", "pop3", "sieve")
_BOUNDS = {"at": 2**40}
_NOW = "floor(extract(epoch FROM now()))::bigint"
_COLUMNS = tuple(f"last_login_{one}" for one in _SERVICES)

# One row for an account, whatever it has logged in to. `greatest` leaves NULL out.
_LOGINS = f"""
UPDATE mail_accounts AS known
SET {", ".join(f"{one} = greatest(known.{one}, told.{one})" for one in _COLUMNS)}
FROM (
    SELECT login, {
    ", ".join(
        f"to_timestamp(max(least(at, {_NOW})) FILTER (WHERE service = '{one}'))"
        f" AT TIME ZONE 'utc' AS last_login_{one}"
        for one in _SERVICES
    )
}
    FROM jsonb_to_recordset(%(told)s) AS one (login text, service text, at bigint)
    GROUP BY login
) AS told
WHERE known.instance = %(instance)s
    AND known.username = split_part(told.login, '@', 1)
    AND known.domain = split_part(told.login, '@', 2)
    AND ({
    " OR ".join(f"known.{one} IS NULL AND told.{one} IS NOT NULL" for one in _COLUMNS)
}
    OR {" OR ".join(f"told.{one} > known.{one}" for one in _COLUMNS)})
"""  # noqa: S608 our own names

_USES = f"""
UPDATE mail_app_passwords AS known
SET last_used_at = told.at
FROM (
    SELECT uuid, to_timestamp(least(at, {_NOW})) AT TIME ZONE 'utc' AS at
    FROM jsonb_to_recordset(%(told)s) AS one (uuid uuid, at bigint)
) AS told
JOIN mail_app_passwords USING (uuid)
JOIN mail_accounts AS owner ON owner.uuid = mail_app_passwords.account
WHERE known.uuid = told.uuid AND owner.instance = %(instance)s
    AND (known.last_used_at IS NULL OR told.at > known.last_used_at)
"""  # noqa: S608 our own names


def keep(
    queries: collection.Queries,
    instance: sys_uuid.UUID,
    facts: observations.Facts,
) -> None:
    """Store when accounts of an instance logged in.

    Raises:
        MessageError: these are no facts of this kind.
    """
    told = [_login(fact) for fact in facts.values()]
    queries.execute(_LOGINS, {"instance": instance, "told": json.Jsonb(told)})


def keep_uses(
    queries: collection.Queries,
    instance: sys_uuid.UUID,
    facts: observations.Facts,
) -> None:
    """Store when app passwords of accounts of an instance logged in.

    Raises:
        MessageError: these are no facts of this kind.
    """
    told = []
    for key, fact in facts.items():
        told.append({"uuid": checks.uuid(key), **checks.numbers(fact, _BOUNDS)})
    queries.execute(_USES, {"instance": instance, "told": json.Jsonb(told)})


def _login(fact: tp.Mapping[str, tp.Any]) -> dict[str, tp.Any]:
    rest = {name: fact[name] for name in fact if name not in ("login", "service")}
    login, service = fact.get("login"), fact.get("service")
    if service not in _SERVICES or not isinstance(login, str):
        raise messages.MessageError("a login has no known service, or no login")
    try:
        username, _, domain = login.partition("@")
        address.check_username(username)
        address.check_domain(domain)
    except address.AddressPartError:
        raise messages.MessageError("a login is no address") from None
    return {"login": login, "service": service, **checks.numbers(rest, _BOUNDS)}
