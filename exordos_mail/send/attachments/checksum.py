#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

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
