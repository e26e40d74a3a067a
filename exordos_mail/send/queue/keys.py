# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What messages are found by: digests of addresses, subjects and Message-IDs."""

import hashlib
import unicodedata

from exordos_mail.send.content import address

#: Characters of a subject that count.
SUBJECT_MAX = 200


class Keys:
    """What the messages of a tenant are found by.

    Digests, because the two databases put letters beyond ASCII into lower case in
    different ways; of 64 bits, as an index keeps it.
    """

    def __init__(self, tenant_id: str) -> None:
        self._prefix = f"{tenant_id} "

    def of(self, mailbox: str) -> int:
        """Return the key of an address, a recipient's or a sender's."""
        return self._digest(address.normal(mailbox))

    def of_subject(self, subject: str) -> int:
        """Return the key of a subject; case and the kind of blanks do not count."""
        # Of a message that was given whole no more is kept.
        text = unicodedata.normalize("NFC", subject.strip()[:SUBJECT_MAX]).casefold()
        return self._digest(f"subject {' '.join(text.split())}")

    def of_message_id(self, message_id: str) -> int:
        """Return the key of a Message-ID, in angle brackets or not."""
        return self._digest(f"message-id {message_id.strip().strip('<>')}")

    def _digest(self, text: str) -> int:
        octets = (self._prefix + text).encode(errors="replace")
        digest = hashlib.blake2b(octets, digest_size=8).digest()
        return int.from_bytes(digest, "big", signed=True)
