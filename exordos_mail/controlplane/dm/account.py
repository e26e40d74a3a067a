# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Accounts: the principals that may log in to an instance."""

import typing as tp

from restalchemy.dm import filters as dm_filters
from restalchemy.dm import models, types

from exordos_mail.controlplane.dm import (
    addressed,
    domain,
    exceptions,
    noun,
    renaming,
    stored,
)
from exordos_mail.controlplane.dm import instance as dm_instance
from exordos_mail.controlplane.dm import types as mail_types
from exordos_mail.schema import account as schema
from exordos_mail.standards import address, password

_PASSWORDS = ("password", "password_hash")
_GENERATE = mail_types.Flag("generate_password")
_KEEP = mail_types.Flag("keep_old_address")
_ONE_OF = "password, password_hash and generate_password"


#: Mail for alice+news is for alice.
_NO_TAG = (
    "username: a mailbox's name has no +, which begins a tag; choose another username,"
    " or mailbox: false"
)


_TO_ITSELF = (
    "bounce_to: this is the account's own address, where they go anyway; send null, or"
    " another address"
)


class BaseAccount(stored.Stored):
    """A principal that may log in as `username@domain`.

    In the primary domain also as `username`.

    See `schema.account`; `password_hash` is stored as it was sent.
    """

    vars().update(noun.members(schema.NOUN))

    #: Whether a change of the address leaves an alias from the old one.
    keep_old_address = False

    def __init__(self, **kwargs: tp.Any) -> None:
        """Make a new account.

        Raises:
            MailValidationError: not exactly one of `password` and
                `password_hash`; the project is not the instance's; a value
                breaks its rule.
        """
        plain = kwargs.pop("password", None)
        if (plain is None) == (kwargs.get("password_hash") is None):
            raise exceptions.MailValidationError(
                details="exactly one of password and password_hash is required"
            )
        if plain is not None:
            kwargs["password_hash"] = stored_value(plain)
        instance = kwargs.get("instance")
        if isinstance(instance, dm_instance.MailInstance):
            kwargs.setdefault("domain", instance.domain)
        super().__init__(**kwargs)

    def validate(self) -> None:
        """Hold the account to its instance's project and domain.

        Raises:
            MailValidationError: the two projects differ; the address is too long, or is
                `bounce_to`.
        """
        super().validate()
        try:
            address.check_address(self.username, self.domain)
        except address.AddressPartError as error:
            raise exceptions.MailValidationError(details=f"username: {error}") from None
        if self.bounce_to == f"{self.username}@{self.domain}":
            raise exceptions.MailValidationError(details=_TO_ITSELF)
        if self.mailbox and "+" in self.username:
            raise exceptions.MailValidationError(details=_NO_TAG)

    def lock(self, session: tp.Any) -> None:
        """Have other writers of the instance wait for this one.

        Raises:
            MailNotFound: the instance or the account is gone.
        """
        self.instance.lock(session)
        found = session.execute(
            "SELECT uuid FROM mail_accounts WHERE uuid = %s", (self.uuid,)
        ).fetchone()
        if found is None:
            raise exceptions.MailNotFound(noun="account")

    def insert(self, session: tp.Any = None) -> None:
        """Store a new row.

        Raises:
            MailNotFound: the instance has no such domain, or is gone.
            MailConflict: the login or the uuid is taken.
        """
        if self.domain == self.instance.domain:  # which is always there
            super().insert(session=session)
            return
        with self._writing(session) as s:
            if not domain.known(self.instance.uuid, [self.domain], s):
                raise exceptions.MailNotFound(noun=addressed.NO_DOMAIN)
            super().insert(session=s)

    def update(self, session: tp.Any = None, force: bool = False) -> None:
        """Write the changed columns.

        Raises:
            MailNotFound: the instance has no such domain, or it or the account is gone.
            MailConflict: the address is taken.
            MailValidationError: a rule refused the write.
        """
        with self._writing(session) as s:
            names = {self.domain} - {self.properties["domain"].old_value}
            if names != domain.known(self.instance.uuid, names, s):
                raise exceptions.MailNotFound(noun=addressed.NO_DOMAIN)
            super().update(session=s, force=force)

    def _updated(self, names: tp.Collection[str], session: tp.Any) -> None:
        """See `Stored`."""
        super()._updated(names, session)
        if not renaming.FIELDS.isdisjoint(names):
            renaming.finish(self.instance, [self], session)


class MailAccount(models.CustomPropertiesMixin, BaseAccount):
    """An account as the API and the builders know it: its password is its hash.

    Attributes:
        password: write-only; its hash is stored instead. A complete hash behind
            the name of its scheme is taken as the hash.
        generated_password: of an object for which `generate_password` was just said,
            the password that was made; else None.
        keep_old_address: write-only; see `BaseAccount`.
    """

    __custom_properties__: tp.ClassVar[dict[str, types.BaseType]] = {
        "password": mail_types.Password(),
        "generate_password": _GENERATE,
        "keep_old_address": _KEEP,
        "generated_password": types.AllowNone(types.String()),
    }

    generate_password = False
    generated_password: str | None = None

    def __init__(self, **kwargs: tp.Any) -> None:
        """Make a new account.

        Raises:
            MailValidationError: not exactly one of `password`, `password_hash` and
                `generate_password`; see also `BaseAccount`.
        """
        made = _generated(kwargs)
        if _kept(kwargs):
            raise exceptions.MailValidationError(
                details="keep_old_address: a new account has no old address"
            )
        if sum(kwargs.get(name) is not None for name in _PASSWORDS) != 1:
            raise exceptions.MailValidationError(
                details=f"exactly one of {_ONE_OF} is required"
            )
        super().__init__(**kwargs)
        self.generated_password = made

    @classmethod
    def of_instance(
        cls, instance: dm_instance.MailInstance, session: tp.Any = None
    ) -> list["MailAccount"]:
        """Return the accounts of an instance, ordered by username."""
        return list(
            cls.objects.get_all(
                filters={"instance": dm_filters.EQ(instance)},
                order_by={"username": "asc"},
                session=session,
            )
        )

    @property
    def password(self) -> None:
        """Return None: a password can be set, never read."""
        return None

    @password.setter
    def password(self, plain: str) -> None:
        self.password_hash = stored_value(plain)

    def update_dm(self, values: dict[str, tp.Any]) -> None:
        """Set several fields.

        Raises:
            MailValidationError: more than one of `password`, `password_hash` and
                `generate_password` is given; a value breaks its rule; there is no
                mailbox that an old address could lead to.
        """
        values = dict(values)
        self.keep_old_address = _kept(values)
        made = _generated(values)
        if all(name in values for name in _PASSWORDS):
            raise exceptions.MailValidationError(
                details=f"at most one of {_ONE_OF} is allowed"
            )
        super().update_dm(values)
        renaming.check_kept(self)
        self.generated_password = made


def _generated(values: dict[str, tp.Any]) -> str | None:
    """Return the password that is made because the values ask for one, else None.

    It is put in the place of what asked for it.

    Raises:
        MailValidationError: another password is given too, or it is not true or false.
    """
    asked = values.pop("generate_password", False)
    _GENERATE.validate(asked)
    if not asked:
        return None
    if any(values.get(name) is not None for name in _PASSWORDS):
        raise exceptions.MailValidationError(
            details=f"only one of {_ONE_OF} is allowed"
        )
    values["password"] = password.generate()
    return tp.cast(str, values["password"])


def _kept(values: dict[str, tp.Any]) -> bool:
    """Return whether the values ask for an alias from the old address, and drop that.

    Raises:
        MailValidationError: it is not true or false.
    """
    asked = values.pop("keep_old_address", False)
    _KEEP.validate(asked)
    return tp.cast(bool, asked)


def stored_value(plain: object) -> str:
    """Return the stored value of a password: its hash, or the hash that it is.

    Raises:
        MailValidationError: see `standards.password.stored_value`.
    """
    try:
        return password.stored_value(plain)
    except password.PasswordError as error:
        raise exceptions.MailValidationError(details=f"password: {error}") from None
