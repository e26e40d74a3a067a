# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Mail domains of an instance."""

import typing as tp
import uuid as sys_uuid

from restalchemy.dm import models, types

from exordos_mail import constants as c
from exordos_mail.controlplane.dm import exceptions, fields, noun, stored
from exordos_mail.schema import domain as schema
from exordos_mail.standards import domain_proof, idn

#: What services observe; their writers use `write_changes`, which counts as no change
#: by a user.
OBSERVED = frozenset(
    ("ownership", "checked_at", "check_asked_at", "publish_state", "publish_reason")
)
#: Of these the ones whose changes people look for.
_AUDITED = frozenset(("ownership",))


class BaseDomain(stored.Stored):
    """A domain that an instance serves; see `schema.domain`.

    The primary one is made by the database together with the instance.
    """

    vars().update(noun.members(schema.NOUN))

    def lock(self, session: tp.Any) -> None:
        """Have other writers of the instance wait for this one.

        Raises:
            MailNotFound: the instance or the domain is gone.
        """
        self.instance.lock(session)
        found = session.execute(
            "SELECT uuid FROM mail_domains WHERE uuid = %s", (self.uuid,)
        ).fetchone()
        if found is None:
            raise exceptions.MailNotFound(noun=self.__title__)

    def rotate_dkim(self, session: tp.Any = None) -> None:
        """Ask for new DKIM keys; of two rotations at once one is enough.

        Raises:
            MailConflict: no selector is free for one more key.
            MailNotFound: the domain is gone.
        """
        with self._writing(session) as s:
            self.lock(s)
            # The module of keys needs this one.
            noun.model_of("dkim_key").ask(self, s)

    def _updated(self, names: tp.Collection[str], session: tp.Any) -> None:
        """Leave out of the audit trail what is observed too often to be kept."""
        super()._updated(set(names) - (OBSERVED - _AUDITED), session)

    def check(self, session: tp.Any = None) -> None:
        """Have the domain's records looked at before their turn comes.

        Raises:
            MailNotFound: the domain is gone.
        """
        self.check_asked_at = fields.now()
        with self._get_engine().session_manager(session=session) as s:
            self.write_changes(s)
            notice = (c.CHANGES_CHANNEL, str(self.instance.uuid))
            s.execute("SELECT pg_notify(%s, %s)", notice)


class MailDomain(models.CustomPropertiesMixin, BaseDomain):
    """A domain as the API knows it.

    Attributes:
        unicode_name: the name in its own script.
        proof_name, proof_value: the TXT record that proves the ownership.
    """

    __custom_properties__: tp.ClassVar[dict[str, types.BaseType]] = {
        "unicode_name": types.String(),
        "proof_name": types.String(),
        "proof_value": types.String(),
    }

    @property
    def unicode_name(self) -> str:
        """Return the name in its own script."""
        return idn.to_unicode(self.name)

    @property
    def proof_name(self) -> str:
        """Return the name of the record that proves the ownership."""
        return domain_proof.name(self.name)

    @property
    def proof_value(self) -> str:
        """Return the content of that record."""
        return domain_proof.value(self.project_id, self.instance.uuid, self.name)


def known(
    instance: sys_uuid.UUID, names: tp.Collection[str], session: tp.Any
) -> frozenset[str]:
    """Return those of the names that are domains of an instance."""
    found = session.execute(
        "SELECT name FROM mail_domains WHERE instance = %s AND name = ANY(%s)",
        (instance, list(names)),
    ).fetchall()
    return frozenset(row["name"] for row in found)
