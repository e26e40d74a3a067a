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

"""exim4.service as the node sees it: four verbs."""

import subprocess
import typing as tp

from exordos_mail import constants as c

_TIMEOUT = 30  # seconds; systemd's own limits in exim4.service are shorter


class ServiceError(Exception):
    """The service manager refused or did not answer; one line of text."""


class EximService(tp.Protocol):
    """Whatever runs the exim daemon."""

    def start(self) -> None:
        """Start the daemon; one that runs is left alone."""

    def reload(self) -> None:
        """Make the daemon read its configuration again."""

    def restart(self) -> None:
        """Stop the daemon with its sessions and start it again."""

    def stop(self) -> None:
        """Stop the daemon with its sessions and deliveries."""


class SystemdExim:
    """exim under systemd."""

    def start(self) -> None:
        """See EximService."""
        self._systemctl("start")

    def reload(self) -> None:
        """See EximService."""
        self._systemctl("reload")

    def restart(self) -> None:
        """See EximService."""
        self._systemctl("restart")

    def stop(self) -> None:
        """See EximService."""
        self._systemctl("stop")

    def _systemctl(self, verb: str) -> None:
        try:
            done = subprocess.run(  # noqa: S603 fixed words only
                ["/usr/bin/systemctl", verb, c.EXIM4_UNIT],
                capture_output=True,
                timeout=_TIMEOUT,
                check=False,
                text=True,
                errors="replace",
            )
        except subprocess.TimeoutExpired:
            raise ServiceError(f"systemctl {verb} did not end") from None
        except OSError as exc:
            raise ServiceError(f"systemctl cannot be run: {exc.strerror}") from None
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["no reason given"]
            raise ServiceError(f"systemctl {verb} failed: {lines[0][:200]}")
