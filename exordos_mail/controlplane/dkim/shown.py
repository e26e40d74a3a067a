# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The records of keys: what an instance shows of those of its primary domain.

Where the DNS is not asked, that is what the node reports (paas/services/builder.py).
Where it is, a record has to be published before its key comes to a node.
"""

import typing as tp
import uuid as sys_uuid

import orjson

from exordos_mail.controlplane import dns_options
from exordos_mail.controlplane.dkim import naming
from exordos_mail.standards import dkim, dkim_life


class KeyRecord(tp.NamedTuple):
    """What the DNS is to have of a key.

    Attributes:
        uuid: of the key.
        selector: its selector.
        state: its state.
        name: of the TXT record, or of the alias to it.
        alias: name in the operator's zone that has the record; None: `name` has it.
        value: content of the TXT record.
    """

    uuid: sys_uuid.UUID
    selector: str
    state: str
    name: str
    alias: str | None
    value: str


_KEYS = """
SELECT
    keys.uuid, keys.selector, keys.algorithm, keys.public_key, keys.state,
    domains.instance, domains.name, domains.dkim_mode
FROM mail_dkim_keys AS keys JOIN mail_domains AS domains ON domains.uuid = keys.domain
WHERE keys.domain = %s AND keys.state = ANY(%s) AND keys.public_key IS NOT NULL
ORDER BY keys.number
"""

_SHOW = """
UPDATE mail_instances AS instances
SET dkim_keys = ARRAY(SELECT jsonb_array_elements(%(keys)s::jsonb)),
    dkim_selector = %(selector)s, dkim_public_key = %(value)s
FROM mail_domains AS domains
WHERE domains.uuid = %(domain)s AND domains."primary"
    AND instances.uuid = domains.instance
"""


def records(queries: tp.Any, domain: sys_uuid.UUID) -> list[KeyRecord]:
    """Return the records that the DNS is to have of a domain's keys, oldest first."""
    rows = queries.execute(_KEYS, (domain, list(dkim_life.RECORDED))).fetchall()
    return [_record(row) for row in rows]


def _record(row: tp.Mapping[str, tp.Any]) -> KeyRecord:
    scheme = naming.scheme(row["instance"], row["name"], row["dkim_mode"])
    name, alias = scheme.names(row["selector"])
    public = "" if row["state"] == dkim_life.REVOKED else row["public_key"]
    value = dkim.record(row["algorithm"], public)
    return KeyRecord(row["uuid"], row["selector"], row["state"], name, alias, value)


def write(session: tp.Any, domain: sys_uuid.UUID) -> None:
    """Have the instance show the records of its primary domain's keys."""
    if not dns_options.CONF.mail.dns_checks:
        return
    found = [r for r in records(session, domain) if r.state != dkim_life.REVOKED]
    # One that signs, else one that is to.
    ordered = sorted(found, key=lambda r: r.state != dkim_life.SIGNING)
    first = next((one for one in ordered if dkim.is_rsa(one.value)), None)
    session.execute(
        _SHOW,
        {
            "domain": domain,
            "keys": orjson.dumps([_shown(one) for one in found]).decode(),
            "selector": first and first.selector,
            "value": first and first.value,
        },
    )


def _shown(one: KeyRecord) -> dict[str, str]:
    """Return a record in the form of the instance's field `dkim_keys`."""
    kind, value = ("TXT", one.value) if one.alias is None else ("CNAME", one.alias)
    return {"selector": one.selector, "name": one.name, "type": kind, "value": value}
