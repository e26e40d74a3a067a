# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""DKIM keys of a domain: what users do with them.

Their life goes on in `controlplane/dkim`.
"""

import datetime
import typing as tp

from restalchemy.dm import models, properties, types

from exordos_mail.controlplane.dkim import naming, past
from exordos_mail.controlplane.dm import domain as dm_domain
from exordos_mail.controlplane.dm import exceptions, fields, noun, stored
from exordos_mail.controlplane.dm import types as mail_types
from exordos_mail.schema import dkim_key as schema
from exordos_mail.standards import dkim, dkim_life, rule

#: Longest public key in characters: RSA of 4,096 bits has 736.
PUBLIC_KEY_MAX = 1024

_PRIVATE_KEY_RULE = "it is set at creation; make another key, and revoke this one"
_ALGORITHM_RULE = "the private key is of another algorithm"
_SIGNS = (
    "the key signs, or mail that it has signed is on its way: rotate or revoke it"
    " before it is deleted"
)
_NO_SELECTOR = (
    "all selectors of the domain are in use: try again when a key is retired, or give"
    " a selector of your own"
)


class BaseDKIMKey(stored.Stored):
    """Selector and key pair of a domain; see `schema.dkim_key`.

    Attributes:
        public_key: the TXT record's `p=` value, base64; None: not made yet.
        own: the user has brought the private key.
    """

    vars().update(noun.members(schema.NOUN))

    public_key = properties.property(
        types.AllowNone(types.String(min_length=1, max_length=PUBLIC_KEY_MAX))
    )
    own = properties.property(mail_types.Flag("own"), required=True, default=False)


class MailDKIMKey(models.CustomPropertiesMixin, BaseDKIMKey):
    """A key as the API knows it.

    Attributes:
        record_name, record_value: the TXT record that publishes it.
        alias: name in the operator's zone that has the record, or None.
    """

    __custom_properties__: tp.ClassVar[dict[str, types.BaseType]] = {
        "record_name": types.String(),
        "record_value": types.AllowNone(types.String()),
        "alias": types.AllowNone(types.String()),
    }

    def __init__(self, **kwargs: tp.Any) -> None:
        """Make a new key; without a private key the life cycle makes the pair.

        Raises:
            MailValidationError: a value breaks its rule; see also `validate`.
        """
        found = _parts(kwargs.get("private_key"))
        kwargs.setdefault("algorithm", found["algorithm"] if found else dkim.RSA_SHA256)
        if found:
            if kwargs["algorithm"] != found["algorithm"]:
                mail_types.refuse("algorithm", _ALGORITHM_RULE)
            kwargs.update(found, own=True)
        # Chosen when other writers of the domain wait.
        self._chooses = kwargs.get("selector") is None
        if self._chooses:
            kwargs["selector"] = "unnamed"
        super().__init__(**kwargs, state_since=fields.now())

    @property
    def scheme(self) -> naming.KeyScheme:
        """How the keys of the domain are called."""
        domain = self.domain
        return naming.scheme(domain.instance.uuid, domain.name, domain.dkim_mode)

    @property
    def record_name(self) -> str:
        """Return the name of the TXT record, or of the alias to it."""
        return self.scheme.names(self.selector).record

    @property
    def alias(self) -> str | None:
        """Return the name in the operator's zone that has the record."""
        return self.scheme.names(self.selector).alias

    @property
    def record_value(self) -> str | None:
        """Return the content of the TXT record."""
        if self.public_key is None:
            return None
        revoked = self.state == dkim_life.REVOKED
        return dkim.record(self.algorithm, "" if revoked else self.public_key)

    def insert(self, session: tp.Any = None) -> None:
        """Store a new key, under a selector that no other one has.

        Raises:
            MailConflict: the selector is taken, or none is free.
            RecordNotFound: the domain is gone.
        """
        with self._writing(session) as s:
            if self._chooses:
                self.properties["selector"].set_value_force(self._free_selector(s))
            super().insert(session=s)

    def update(self, session: tp.Any = None, force: bool = False) -> None:
        """Write the changes.

        Raises:
            MailValidationError: another private key.
        """
        if self.has_new_secret():
            mail_types.refuse("private_key", _PRIVATE_KEY_RULE)
        super().update(session=session, force=force)

    def delete(self, session: tp.Any = None) -> None:
        """Remove a key that nobody needs any more; see `dkim_life`.

        Raises:
            MailConflict: mail that it has signed may be on its way.
        """
        with self._writing(session) as s:
            if self._state_now(s) in (dkim_life.SIGNING, dkim_life.RETIRING):
                raise exceptions.MailConflict(details=_SIGNS)
            super().delete(session=s)

    def revoke(self, session: tp.Any = None) -> None:
        """Have nobody trust the key any more; nothing happens if it is over.

        Nodes sign with it no more, its record gets an empty `p=`, its private half
        is forgotten, and another key is begun.

        Raises:
            RecordNotFound: the key is gone.
        """
        with self._writing(session) as s:
            now = self._state_now(s)
            if now is None:
                raise exceptions.MailNotFound(noun=self.__title__)
            if now in dkim_life.OVER:
                return
            self.private_key = None
            self.properties["state"].set_value_force(dkim_life.REVOKED)
            self.properties["state_since"].set_value_force(fields.now())
            super().update(session=s)

    @classmethod
    def ask(cls, domain: dm_domain.BaseDomain, session: tp.Any) -> None:
        """Ask for a new key of each algorithm that has none on its way.

        Args:
            domain: whose.
            session: of the caller, who has other writers of the domain wait.

        Raises:
            MailConflict: all selectors of the domain are in use.
        """
        rows = session.execute(
            "SELECT algorithm FROM mail_dkim_keys"
            " WHERE domain = %s AND state = ANY(%s)",
            (domain.uuid, list(dkim_life.COMING)),
        ).fetchall()
        coming = {row["algorithm"] for row in rows}
        scheme = naming.scheme(domain.instance.uuid, domain.name, domain.dkim_mode)
        for algorithm in scheme.algorithms:
            if algorithm not in coming:
                cls(domain=domain, algorithm=algorithm).insert(session=session)

    def _state_now(self, session: tp.Any) -> str | None:
        row = session.execute(
            "SELECT state FROM mail_dkim_keys WHERE uuid = %s", (self.uuid,)
        ).fetchone()
        return None if row is None else str(row["state"])

    def _free_selector(self, session: tp.Any) -> str:
        day = datetime.datetime.now(datetime.timezone.utc).date()
        taken = _taken(self.domain, session)
        gone = past.selectors(session, self.domain.uuid)
        found = self.scheme.free(self.algorithm, taken, day, gone)
        if found is None:
            raise exceptions.MailConflict(details=_NO_SELECTOR)
        return found


def _taken(domain: dm_domain.BaseDomain, session: tp.Any) -> list[naming.TakenSelector]:
    rows = session.execute(
        "SELECT selector, state FROM mail_dkim_keys WHERE domain = %s", (domain.uuid,)
    ).fetchall()
    return [naming.TakenSelector(row["selector"], row["state"]) for row in rows]


def _parts(pem: object) -> dict[str, str]:
    """Return what a private key says of itself; nothing: the property refuses it."""
    try:
        algorithm, private_key, public_key = dkim.normal(dkim.check_private_key(pem))
    except rule.RuleError:
        return {}
    return {
        "algorithm": algorithm,
        "private_key": private_key,
        "public_key": public_key,
    }
