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
