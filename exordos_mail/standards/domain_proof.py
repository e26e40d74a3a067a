# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The TXT record by which a tenant proves that a domain is theirs.

    _exordos-mail.<domain>  TXT  "exordos-mail=<token>"

The token is bound to project, instance and domain: a record that another tenant sees
in the DNS proves nothing for them. It is no secret, since only the domain's owner can
publish it.
"""

import base64
import hashlib
import uuid as sys_uuid

LABEL = "_exordos-mail"
PREFIX = "exordos-mail="

_TOKEN_OCTETS = 16


def name(domain: str) -> str:
    """Return the name of the record of a domain, without the dot at the end."""
    return f"{LABEL}.{domain}"


def value(project: sys_uuid.UUID, instance: sys_uuid.UUID, domain: str) -> str:
    """Return the content of the record; the same for ever."""
    content = b"exordos-mail domain\0" + project.bytes + instance.bytes
    digest = hashlib.sha256(content + domain.encode()).digest()[:_TOKEN_OCTETS]
    token = base64.b32encode(digest).decode().rstrip("=").lower()
    return f"{PREFIX}{token}"
