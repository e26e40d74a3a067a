# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Accounts that get another address (docs/adr/0056).

The database has targets of aliases and bound senders of app passwords follow
(migrations/rename). Here is what it cannot do: which of several renames at once are
possible, aliases from the old addresses, and the audit events of what has followed.
"""

import typing as tp
import uuid as sys_uuid

from gcl_sdk.audit import constants
import orjson

from exordos_mail.controlplane.dm import alias, audit, exceptions, noun
from exordos_mail.controlplane.dm import instance as dm_instance

Address = tuple[str, str]  # username, domain

FIELDS = frozenset(("username", "domain"))

_NO_MAILBOX = (
    "keep_old_address: the account has no mailbox, so no mail would come to it by an"
    " alias; leave it out"
)

_COLUMNS = (
    "uuid, name, description, project_id, instance, local_part, domain, targets,"
    " enabled, send_as, created_at, updated_at"
)
_KEEP = f"""
INSERT INTO mail_aliases ({_COLUMNS})
SELECT {_COLUMNS} FROM jsonb_populate_recordset(NULL::mail_aliases, %s)
"""  # noqa: S608 our own names

# What has followed in this transaction, see migrations/rename.
_FOLLOWED = {
    "alias": """
SELECT uuid FROM mail_aliases
WHERE instance = %(instance)s AND updated_at = now() AT TIME ZONE 'utc'
""",
    "app_password": """
SELECT uuid FROM mail_app_passwords
WHERE account = ANY(%(accounts)s) AND updated_at = now() AT TIME ZONE 'utc'
""",
}
_CHANGED = {"alias": "targets", "app_password": "sender"}


def is_renamed(account: tp.Any) -> bool:
    """Tell whether an account is to get another address."""
    return not FIELDS.isdisjoint(account.dirty_columns())


def old_address(account: tp.Any) -> Address:
    """Return the address that an account has in the database."""
    found = account.properties
    return found["username"].old_value, found["domain"].old_value


def check_kept(account: tp.Any) -> None:
    """Check whether an account's old address can be kept.

    Raises:
        MailValidationError: it has no mailbox.
    """
    if account.keep_old_address and is_renamed(account) and not account.mailbox:
        raise exceptions.MailValidationError(details=_NO_MAILBOX)


def clashing(
    wanted: tp.Mapping[sys_uuid.UUID, Address],
    owners: tp.Mapping[Address, sys_uuid.UUID],
) -> frozenset[sys_uuid.UUID]:
    """Return which of several accounts cannot get the address that they want.

    Two may swap theirs, and one may take that of another which leaves it in the same
    moment. Of two that want the same the first gets it.

    Args:
        wanted: the new addresses of those that get one.
        owners: who has these addresses now.
    """
    first: dict[Address, sys_uuid.UUID] = {}
    for uuid, address in wanted.items():
        first.setdefault(address, uuid)
    failed = {uuid for uuid, address in wanted.items() if first[address] != uuid}
    while True:
        stay = {
            uuid
            for uuid, address in wanted.items()
            if uuid not in failed
            and (owner := owners.get(address, uuid)) != uuid
            and (owner not in wanted or owner in failed)
        }
        if not stay:
            return frozenset(failed)
        failed |= stay


def finish(
    instance: dm_instance.MailInstance,
    accounts: tp.Collection[tp.Any],
    session: tp.Any,
) -> None:
    """Do what belongs to new addresses that are written, in their transaction.

    Raises:
        MailConflict: an old address that is to be kept is taken.
    """
    _audit_followers(instance, accounts, session)
    _keep([one for one in accounts if one.keep_old_address], session)


def _audit_followers(
    instance: dm_instance.MailInstance,
    accounts: tp.Collection[tp.Any],
    session: tp.Any,
) -> None:
    values = {"instance": instance.uuid, "accounts": [one.uuid for one in accounts]}
    for name, query in _FOLLOWED.items():
        found = [row["uuid"] for row in session.execute(query, values).fetchall()]
        for one in _objects(name, found, session):
            changes = audit.update_snapshot(one, (_CHANGED[name],))
            audit.note(one, constants.Action.update, changes, session)


def _objects(
    name: str, uuids: list[sys_uuid.UUID], session: tp.Any
) -> tp.Iterable[tp.Any]:
    model = noun.model_of(name)
    for uuid in uuids:
        yield model.objects.get_one(filters={"uuid": uuid}, session=session)


def _keep(accounts: tp.Collection[tp.Any], session: tp.Any) -> None:
    """Make aliases from old addresses to new ones."""
    made = [_alias(one) for one in accounts]
    if not made:
        return
    rows = [one.stored_values() for one in made]
    session.execute(_KEEP, (orjson.dumps(rows).decode(),))
    events = [
        audit.event(
            one.__audit_resource_type__,
            one.uuid,
            one.audit_project_id(),
            constants.Action.create,
            audit.snapshot(one),
        )
        for one in made
    ]
    audit.write_events(events, session)


def _alias(account: tp.Any) -> alias.MailAlias:
    local_part, domain = old_address(account)
    return alias.MailAlias(
        instance=account.instance,
        local_part=local_part,
        domain=domain,
        targets=[f"{account.username}@{account.domain}"],
    )
