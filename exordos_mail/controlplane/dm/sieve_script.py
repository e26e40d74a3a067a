# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Sieve scripts of an account, and what its node found when it compiled them.

A verdict is of one content, which it names by its digest: of another content it says
nothing. How many there may be is held by the database (migrations/sieve_scripts).
"""

import typing as tp

from restalchemy.dm import models, properties, types

from exordos_mail.controlplane.dm import noun, stored
from exordos_mail.schema import sieve_script as schema
from exordos_mail.standards import sieve_script


class BaseSieveScript(stored.Stored):
    """A script; see `schema.sieve_script`."""

    vars().update(noun.members(schema.NOUN))


class MailSieveScript(models.CustomPropertiesMixin, BaseSieveScript):
    """A script as the API knows it, with the verdict.

    Attributes:
        checked_digest: of the content that the verdict is about; None: there is none.
        checked_error: why that does not compile; "": it does.
        checked_line: where; None: not told.
    """

    __custom_properties__: tp.ClassVar[dict[str, types.BaseType]] = {
        "status": types.Enum(list(schema.STATUSES)),
        "error": types.String(),
        "error_line": types.AllowNone(types.Integer()),
    }

    checked_digest = properties.property(types.AllowNone(types.String()))
    checked_error = properties.property(types.String(), default="")
    checked_line = properties.property(types.AllowNone(types.Integer()))

    @property
    def status(self) -> str:
        """Return what is known of this content."""
        if self.checked_digest != sieve_script.digest(self.content):
            return schema.NEW
        return schema.ERROR if self.checked_error else schema.ACTIVE

    @property
    def error(self) -> str:
        """Return why this content does not compile."""
        return self.checked_error if self.status == schema.ERROR else ""

    @property
    def error_line(self) -> int | None:
        """Return where the first error is."""
        return self.checked_line if self.status == schema.ERROR else None
