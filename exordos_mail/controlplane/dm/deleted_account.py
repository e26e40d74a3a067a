# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Deleted accounts whose mail is kept: restored, or purged.

Triggers keep what is deleted, forget what is there again, and tell the node what to
purge (migrations/retention, docs/adr/0051).
"""

import typing as tp

from gcl_sdk.audit import constants

from exordos_mail.controlplane.dm import (
    account,
    audit,
    domain,
    exceptions,
    noun,
    stored,
)
from exordos_mail.schema import deleted_account as schema

_FIND = """
SELECT state FROM mail_deleted_accounts
WHERE instance = %s AND uuid = %s FOR UPDATE
"""
_TAKEN = """
SELECT FROM mail_accounts WHERE instance = %s AND username = %s AND domain = %s
"""
# What is not named here is as of a new account.
_COLUMNS = (
    "uuid, name, description, project_id, instance, username, domain, password_hash,"
    " active, main_password_for_mail, mailbox, quota_bytes, quota_messages, suspended,"
    " bounce_to,"
    " last_login_smtp, last_login_imap, last_login_pop3, last_login_sieve, created_at"
)
_RESTORE = f"""
INSERT INTO mail_accounts ({_COLUMNS}, updated_at)
SELECT {", ".join(f"old.{one}" for one in _COLUMNS.split(", "))},
    now() AT TIME ZONE 'utc'
FROM mail_deleted_accounts AS kept,
    jsonb_populate_record(NULL::mail_accounts, kept.account) AS old
WHERE kept.instance = %s AND kept.uuid = %s
"""  # noqa: S608 our own names
_PURGE = """
UPDATE mail_deleted_accounts
SET state = 'purging', purge_at = least(purge_at, now() AT TIME ZONE 'utc'),
    updated_at = now() AT TIME ZONE 'utc'
WHERE instance = %s AND uuid = %s
"""
_PURGING = "the mail of this account is being removed; it cannot be restored any more"


class MailDeletedAccount(stored.Stored):
    """A deleted account; see `schema.deleted_account`."""

    vars().update(noun.members(schema.NOUN))

    def restore(self, session: tp.Any = None) -> None:
        """Bring the account back.

        Raises:
            MailConflict: its mail is being removed; its address is another account's
                or a mailbox's alias; its domain is gone; its uuid is taken.
            MailNotFound: it is gone, or restored already.
            MailValidationError: the disk has no room for its quota.
        """
        with self._writing(session) as s:
            self._find(s)
            self._check_address(s)
            s.execute(_RESTORE, self._place)
            back = account.MailAccount.objects.get_one(
                filters={"uuid": self.uuid}, session=s
            )
            audit.note(back, constants.Action.create, audit.snapshot(back), s)
        self.state = "restored"

    def purge(self, session: tp.Any = None) -> None:
        """Have the mail removed now.

        Raises:
            MailConflict: it is being removed.
            MailNotFound: it is gone, or restored.
        """
        with self._writing(session) as s:
            self._find(s)
            s.execute(_PURGE, self._place)
            audit.note(self, constants.Action.update, {"state": "purging"}, s)
        self.state = "purging"

    @property
    def _place(self) -> tuple[tp.Any, tp.Any]:
        return self.instance.uuid, self.uuid

    def _find(self, session: tp.Any) -> None:
        row = session.execute(_FIND, self._place).fetchone()
        if row is None:
            raise exceptions.MailNotFound(noun=self.__title__)
        if row["state"] != "kept":
            raise exceptions.MailConflict(details=_PURGING)

    def _check_address(self, session: tp.Any) -> None:
        if not domain.known(self.instance.uuid, [self.domain], session):
            raise exceptions.MailConflict(
                details="the instance has no domain of this account any more; add it"
                " first"
            )
        values = (self.instance.uuid, self.username, self.domain)
        if session.execute(_TAKEN, values).fetchone() is not None:
            raise exceptions.MailConflict(
                details="another account has the address of this one now; delete that"
                " one first"
            )
