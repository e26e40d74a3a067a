# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Recipients, as one looks for them."""

import hashlib

from exordos_mail.send.content import address


class Keys:
    """What the messages of a tenant for an address are found by.

    A digest, because the two databases put letters beyond ASCII into lower case in
    different ways; of 64 bits, as an index keeps it.
    """

    def __init__(self, tenant_id: str) -> None:
        self._prefix = f"{tenant_id} ".encode()

    def of(self, recipient: str) -> int:
        """Return the key of an address."""
        text = self._prefix + address.normal(recipient).encode(errors="replace")
        digest = hashlib.blake2b(text, digest_size=8).digest()
        return int.from_bytes(digest, "big", signed=True)
