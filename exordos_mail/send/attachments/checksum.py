# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What bytes must have, and are known by."""

import hashlib
import typing as tp

from exordos_mail.send.attachments.failures import PermanentFailure


class Checksum(tp.NamedTuple):
    """A digest that the sender has named."""

    algorithm: tp.Literal["sha256", "md5"]
    #: Lower case.
    digest: str

    def fits(self, data: bytes) -> bool:
        """Tell whether the bytes have this digest."""
        # MD5 is no protection here: it only tells a sender's own files apart.
        found = hashlib.new(self.algorithm, data, usedforsecurity=False)
        return found.hexdigest() == self.digest


def verify(data: bytes, checksums: tp.Iterable[Checksum]) -> bytes:
    """Return the bytes if they have every digest.

    Raises:
        PermanentFailure: they have not.
    """
    for checksum in checksums:
        if not checksum.fits(data):
            raise PermanentFailure(f"the bytes have not the {checksum.algorithm} named")
    return data
