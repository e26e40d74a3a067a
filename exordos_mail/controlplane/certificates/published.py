# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Names whose records we publish for an instance (docs/adr/0034)."""

import typing as tp
import uuid as sys_uuid

from exordos_mail.controlplane import publish_options
from exordos_mail.controlplane.certificates import orders

CONF = publish_options.CONF

# The domain that is nearest to a name decides. What lies below it may have been proven
# by somebody else: then it is theirs.
_DECIDES = """
SELECT own.publish = 'rfc2136' AND own.ownership = 'proven' AND NOT EXISTS (
    SELECT FROM mail_domains AS other
    WHERE other.name = ANY(%(names)s) AND length(other.name) > length(own.name)
        AND other.ownership = 'proven' AND other.project_id <> own.project_id
) AS is_published
FROM mail_domains AS own
WHERE own.instance = %(instance)s AND own.name = ANY(%(names)s)
ORDER BY length(own.name) DESC LIMIT 1
"""


def is_published(
    connection: orders.Connection, instance: sys_uuid.UUID, name: str
) -> bool:
    """Tell whether a name is in a domain of the instance that we publish by updates.

    The domain has to be proven, as for all that is published.
    """
    if not (CONF.mail.dns_update_server and CONF.mail.dns_update_key_file):
        return False
    values: dict[str, tp.Any] = {"instance": instance, "names": with_parents(name)}
    row = connection.execute(_DECIDES, values).fetchone()
    return bool(row and row["is_published"])


def with_parents(name: str) -> list[str]:
    """Return a name and all that it lies below.

    >>> with_parents("mail.example.com")
    ['mail.example.com', 'example.com', 'com']
    """
    labels = name.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]
