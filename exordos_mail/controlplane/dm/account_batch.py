# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""Accounts of one instance, written many at a time.

One statement for each kind of change, so that the triggers, which work by the
statement, count one generation of the instance for all rows together.

The statements never fail over a single row: they leave it out, and what they
return tells which rows they wrote.
"""

import datetime
import typing as tp
import uuid as sys_uuid

from gcl_sdk.audit import constants
import orjson
from restalchemy.dm import types

from exordos_mail.controlplane.dm import account as dm_account
from exordos_mail.controlplane.dm import audit, conflicts, domain, renaming
from exordos_mail.controlplane.dm import instance as dm_instance

Uuids = frozenset[sys_uuid.UUID]

_COLUMNS = (
    "uuid, name, description, project_id, instance, username, domain, password_hash,"
    " active, main_password_for_mail, mailbox, quota_bytes, quota_messages, suspended,"
    " bounce_to, created_at, updated_at"
)

# A row whose uuid or login is taken, or whose domain is not there, is left out.
_INSERT = f"""
INSERT INTO mail_accounts ({_COLUMNS})
SELECT {_COLUMNS}
FROM jsonb_populate_recordset(NULL::mail_accounts, %(rows)s)
WHERE domain = ANY(%(domains)s)
ON CONFLICT DO NOTHING
RETURNING uuid
"""  # noqa: S608 our own names

# A row holds changed columns alone. Those that can be NULL are asked for by name: NULL
# may be what one is changed to.
_UPDATE = """
UPDATE mail_accounts AS account
SET {address}name = coalesce(changed.name, account.name),
    description = coalesce(changed.description, account.description),
    password_hash = coalesce(changed.password_hash, account.password_hash),
    active = coalesce(changed.active, account.active),
    main_password_for_mail = coalesce(
        changed.main_password_for_mail, account.main_password_for_mail
    ),
    mailbox = coalesce(changed.mailbox, account.mailbox),
    quota_bytes = CASE WHEN sent ? 'quota_bytes'
        THEN changed.quota_bytes ELSE account.quota_bytes END,
    quota_messages = CASE WHEN sent ? 'quota_messages'
        THEN changed.quota_messages ELSE account.quota_messages END,
    suspended = coalesce(changed.suspended, account.suspended),
    bounce_to = CASE WHEN sent ? 'bounce_to'
        THEN changed.bounce_to ELSE account.bounce_to END,
    updated_at = changed.updated_at
FROM jsonb_array_elements(%(rows)s) AS sent,
    jsonb_populate_record(NULL::mail_accounts, sent) AS changed
WHERE account.uuid = changed.uuid AND account.instance = %(instance)s
RETURNING account.uuid
"""

_NEW_ADDRESS = (
    "username = coalesce(changed.username, account.username),"
    " domain = coalesce(changed.domain, account.domain), "
)

# Frees addresses that others of the same statement take, until the next one.
_LEAVE = """
UPDATE mail_accounts SET login = 'leaves ' || uuid
WHERE instance = %s AND uuid = ANY(%s)
"""

_OWNERS = """
SELECT uuid, username, domain FROM mail_accounts
JOIN unnest(%s::text[], %s::text[]) AS address (username, domain)
    USING (username, domain)
WHERE instance = %s
"""

_DELETE = """
DELETE FROM mail_accounts
WHERE instance = %(instance)s AND uuid = ANY(%(uuids)s)
RETURNING uuid
"""

_ALIASED = """
SELECT local_part, domain FROM mail_aliases
JOIN unnest(%s::text[], %s::text[]) AS address (domain, local_part)
    USING (domain, local_part)
WHERE instance = %s
"""

#: What a mailbox of an alias's address is told.
ALIASED = (
    "an alias has this address, so an account of it has no mailbox; delete the alias"
    " first"
)


class AccountBatch:
    """Changes of accounts of one instance, within one transaction.

    Holds the instance from its making to the end of the transaction, as a
    single change does, so nothing slow belongs between the two.

    Args:
        instance: the accounts' instance.
        session: the SDK's session.

    Raises:
        RecordNotFound: the instance is gone.
    """

    def __init__(self, instance: dm_instance.MailInstance, session: tp.Any) -> None:
        instance.lock(session)
        self._instance = instance
        self._session = session

    def domains(
        self, accounts: tp.Collection[dm_account.MailAccount]
    ) -> frozenset[str]:
        """Return those of the accounts' domains that the instance has."""
        names = {account.domain for account in accounts}
        if names <= {self._instance.domain}:
            return frozenset(names)
        return domain.known(self._instance.uuid, names, self._session)

    def aliased(self, accounts: tp.Collection[dm_account.MailAccount]) -> Uuids:
        """Return those that would have a mailbox of an alias's address."""
        named = {(one.domain, one.username): one for one in accounts if one.mailbox}
        if not named:
            return frozenset()
        domains, names = zip(*named, strict=True)
        found = self._session.execute(
            _ALIASED, (list(domains), list(names), self._instance.uuid)
        ).fetchall()
        taken = {(row["domain"], row["local_part"]) for row in found}
        return frozenset(
            one.uuid
            for one in accounts
            if one.mailbox and (one.domain, one.username) in taken
        )

    def delete(self, uuids: tp.Collection[sys_uuid.UUID]) -> Uuids:
        """Remove accounts; return those that were there."""
        written = self._write(_DELETE, uuids, uuids=list(uuids))
        self._audit(constants.Action.delete, dict.fromkeys(written))
        return written

    def update(self, accounts: tp.Collection[dm_account.MailAccount]) -> Uuids:
        """Write the changed columns of accounts; return those that are there.

        An account of which nothing has changed is not looked for again.
        """
        renamed = [one for one in accounts if renaming.is_renamed(one)]
        written = self._rename(renamed) if renamed else frozenset()
        others = [one for one in accounts if not renaming.is_renamed(one)]
        return written | self._update(others, _UPDATE.format(address=""))

    def taken(self, accounts: tp.Collection[dm_account.MailAccount]) -> Uuids:
        """Return those that would get the address of an account that keeps it."""
        wanted = {
            one.uuid: (one.username, one.domain)
            for one in accounts
            if renaming.is_renamed(one)
        }
        return renaming.clashing(wanted, self._owners(wanted)) if wanted else Uuids()

    def _owners(
        self, wanted: tp.Mapping[sys_uuid.UUID, renaming.Address]
    ) -> dict[renaming.Address, sys_uuid.UUID]:
        names, domains = zip(*wanted.values(), strict=True)
        values = (list(names), list(domains), self._instance.uuid)
        rows = self._session.execute(_OWNERS, values).fetchall()
        return {(row["username"], row["domain"]): row["uuid"] for row in rows}

    def _rename(self, accounts: tp.Collection[dm_account.MailAccount]) -> Uuids:
        """Write the changes of accounts that get another address, see `taken`."""
        wanted = {one.uuid: (one.username, one.domain) for one in accounts}
        # PostgreSQL looks at each row alone, in an order of its own.
        leaving = [
            owner
            for address, owner in self._owners(wanted).items()
            if wanted.get(owner, address) != address
        ]
        if leaving:
            self._session.execute(_LEAVE, (self._instance.uuid, leaving))
        written = self._update(accounts, _UPDATE.format(address=_NEW_ADDRESS))
        with conflicts.neutral(dm_account.MailAccount.__conflict__):
            done = [one for one in accounts if one.uuid in written]
            renaming.finish(self._instance, done, self._session)
        return written

    def _update(
        self, accounts: tp.Collection[dm_account.MailAccount], statement: str
    ) -> Uuids:
        now = types.UTCDateTimeZ().to_simple_type(
            datetime.datetime.now(datetime.timezone.utc)
        )
        changes = {account.uuid: account.changed_values() for account in accounts}
        rows = [
            {"uuid": uuid, "updated_at": now, **values}
            for uuid, values in changes.items()
            if values
        ]
        written = self._write(statement, rows, rows=orjson.dumps(rows).decode())
        self._audit(
            constants.Action.update,
            {
                account.uuid: audit.update_snapshot(account, changes[account.uuid])
                for account in accounts
                if account.uuid in written
            },
        )
        return written.union(uuid for uuid, values in changes.items() if not values)

    def insert(self, accounts: tp.Collection[dm_account.MailAccount]) -> Uuids:
        """Store accounts; return those whose uuid and login were free.

        Those of domains that the instance has not are left out, see `domains`.
        """
        rows = [account.stored_values() for account in accounts]
        written = self._write(
            _INSERT,
            rows,
            rows=orjson.dumps(rows).decode(),
            domains=list(self.domains(accounts)),
        )
        self._audit(
            constants.Action.create,
            {
                account.uuid: audit.snapshot(account)
                for account in accounts
                if account.uuid in written
            },
        )
        return written

    def _write(
        self, statement: str, changes: tp.Collection[tp.Any], **values: tp.Any
    ) -> Uuids:
        if not changes:
            return frozenset()
        with conflicts.neutral(dm_account.MailAccount.__conflict__):
            rows = self._session.execute(
                statement, {"instance": self._instance.uuid, **values}
            ).fetchall()
        return frozenset(row["uuid"] for row in rows)

    def _audit(
        self,
        action: constants.Action,
        snapshots: tp.Mapping[sys_uuid.UUID, dict[str, tp.Any] | None],
    ) -> None:
        kind = dm_account.MailAccount.__audit_resource_type__
        project = self._instance.project_id
        events = [
            audit.event(kind, uuid, project, action, snapshot)
            for uuid, snapshot in snapshots.items()
        ]
        audit.write_events(events, self._session)
