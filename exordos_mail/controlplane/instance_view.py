# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A stored instance as one of the SDK's builders sees it.

The SDK wants a model that is a builder's instance, too. Ours is not: a view holds the
model, adds what the builder asks a class for, and passes everything else on to it.
"""

import typing as tp

from gcl_sdk.agents.universal.dm import models as ua_models

from exordos_mail.controlplane import builders
from exordos_mail.controlplane.dm import models


class _Stored:
    """Reads stored instances, each in a view: what `objects` of a model does."""

    def __init__(self, view: "type[InstanceView]") -> None:
        self._view = view

    def get_all(self, **query: tp.Any) -> "list[InstanceView]":
        """Return the instances of a query, see restalchemy's `objects`."""
        found = models.MailInstance.objects.get_all(**query)
        return [self._view(one) for one in found]

    def get_one(self, **query: tp.Any) -> "InstanceView":
        """Return the one instance of a query.

        Raises:
            RecordNotFound: there is none.
        """
        return self._view(models.MailInstance.objects.get_one(**query))


class _Objects:
    """The class attribute `objects` of a view."""

    def __get__(self, view: object, owner: "type[InstanceView]") -> _Stored:
        return _Stored(owner)


class InstanceView(ua_models.InstanceWithDerivativesMixin):
    """A stored instance, and what a builder makes of it.

    Attributes:
        stored: the model; a view's attributes are those of the model.
    """

    objects = _Objects()
    stored: models.MailInstance

    def __init__(self, stored: models.MailInstance) -> None:
        # past `__setattr__`, which writes to the model
        object.__setattr__(self, "stored", stored)

    def __getattr__(self, name: str) -> tp.Any:
        return getattr(self.stored, name)

    def __setattr__(self, name: str, value: tp.Any) -> None:
        setattr(self.stored, name, value)

    @classmethod
    def restore_from_simple_view(cls, **values: tp.Any) -> "InstanceView":
        """Return the instance of values from elsewhere."""
        return cls(models.MailInstance.restore_from_simple_view(**values))

    @classmethod
    def get_deleted_instances(cls, limit: int = builders.BATCH) -> tp.Any:
        """Return targets of some of the instances whose row is gone."""
        return builders.deleted_targets(cls.get_resource_kind())
