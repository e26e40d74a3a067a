# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""DNS records of a domain, as the checker has found them."""

from restalchemy.dm import properties, types

from exordos_mail.controlplane.dm import noun, stored
from exordos_mail.schema import dns_record as schema


class MailDNSRecord(stored.Stored):
    """A record of a domain; see `schema.dns_record`.

    Attributes:
        found: texts that stand in the DNS.
    """

    vars().update(noun.members(schema.NOUN))

    found = properties.property(
        types.TypedList(types.String()), read_only=True, default=list
    )
