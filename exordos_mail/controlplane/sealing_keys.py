# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""The public key for secrets of users, published by gservice (docs/adr/0022).

The process of the API cannot read the key file, and so seals what it is given to the
public key that stands in the database. Here it gets there.
"""

import logging
import time
import typing as tp

from gcl_looper.services import basic

from exordos_mail.controlplane import keyring, sealed_box
from exordos_mail.controlplane.dm import key_file, sealing_key

LOG = logging.getLogger(__name__)

# How soon a new current key in the file is used, or a file that was missing.
PERIOD = 60.0  # seconds


class SealingKeyPublisher(basic.BasicService):
    """Publishes the public key at once, and looks again every PERIOD.

    Args:
        clock: seconds of a monotonic clock.
    """

    __log_iteration__ = False

    def __init__(self, clock: tp.Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._due = clock()

    def _iteration(self) -> None:
        now = self._clock()
        if now < self._due:
            return
        self._due = now + PERIOD
        try:
            key = sealed_box.public_key(key_file.keys())
        except keyring.KeyringError as error:
            LOG.warning("secrets of users cannot be sealed with today's key: %s", error)
            return
        if sealing_key.publish(key):
            LOG.info("Secrets of users are sealed with the key %s", key.key_id)
