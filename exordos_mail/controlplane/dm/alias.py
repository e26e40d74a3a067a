# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Aliases: addresses whose mail goes to other addresses.

That none leads back to itself, and none has the address of a mailbox, is held by the
database (migrations/aliases, docs/adr/0045).
"""

from exordos_mail.controlplane.dm import addressed, noun
from exordos_mail.schema import alias as schema


class MailAlias(addressed.Addressed):
    """An alias; see `schema.alias`."""

    __local_part__ = "local_part"

    vars().update(noun.members(schema.NOUN))
