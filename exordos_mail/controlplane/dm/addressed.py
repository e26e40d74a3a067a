# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What has an address in one of its instance's domains."""

import typing as tp

from exordos_mail.controlplane.dm import domain, exceptions, stored
from exordos_mail.controlplane.dm import instance as dm_instance
from exordos_mail.controlplane.dm import types as mail_types
from exordos_mail.standards import address

#: What one in a domain that the instance has not is told, see `MailNotFound`.
NO_DOMAIN = "domain of the instance: add it first"


class Addressed(stored.Stored):
    """A model with the fields `instance` and `domain`.

    Attributes:
        __local_part__: the field that holds what is left of the @.
    """

    __local_part__: str

    def __init__(self, **kwargs: tp.Any) -> None:
        """Make a new one, in the primary domain if none is given.

        Raises:
            MailValidationError: a value breaks its rule; see also `validate`.
        """
        instance = kwargs.get("instance")
        if isinstance(instance, dm_instance.MailInstance):
            kwargs.setdefault("domain", instance.domain)
        super().__init__(**kwargs)

    def validate(self) -> None:
        """Hold it to its instance's project, and its address to its length.

        Raises:
            MailValidationError: the two projects differ; the address is too long.
        """
        super().validate()
        try:
            address.check_address(getattr(self, self.__local_part__), self.domain)
        except address.AddressPartError as error:
            mail_types.refuse(self.__local_part__, str(error))

    def insert(self, session: tp.Any = None) -> None:
        """Store a new row.

        Raises:
            MailNotFound: the instance has no such domain, or is gone.
            MailConflict: the address or the uuid is taken.
        """
        if self.domain == self.instance.domain:  # which is always there
            super().insert(session=session)
            return
        with self._writing(session) as s:
            if not domain.known(self.instance.uuid, [self.domain], s):
                raise exceptions.MailNotFound(noun=NO_DOMAIN)
            super().insert(session=s)
