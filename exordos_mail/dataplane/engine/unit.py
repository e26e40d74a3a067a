# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A unit of the service manager as the node sees it: four verbs."""

import subprocess
import typing as tp

_TIMEOUT = 30  # seconds; systemd's own limits in our units are shorter


class ServiceError(Exception):
    """The service manager refused or did not answer; one line of text."""


class Unit(tp.Protocol):
    """Whatever runs a service."""

    def start(self) -> None:
        """Start the service; one that runs is left alone."""

    def reload(self) -> None:
        """Make the service read its configuration again."""

    def restart(self) -> None:
        """Stop the service with all that it does, and start it again."""

    def stop(self) -> None:
        """Stop the service with all that it does."""


class SystemdUnit:
    """A service under systemd.

    Args:
        name: the unit's.
        wait: whether a verb returns when it is done, or as soon as it is
            ordered; systemd carries out the orders for a unit one by one.
    """

    def __init__(self, name: str, wait: bool = True) -> None:
        self._name = name
        self._options = [] if wait else ["--no-block"]

    def start(self) -> None:
        """See Unit."""
        self._systemctl("start")

    def reload(self) -> None:
        """See Unit."""
        self._systemctl("reload")

    def restart(self) -> None:
        """See Unit."""
        self._systemctl("restart")

    def stop(self) -> None:
        """See Unit."""
        self._systemctl("stop")

    def _systemctl(self, verb: str) -> None:
        try:
            done = subprocess.run(  # noqa: S603 fixed words only
                ["/usr/bin/systemctl", *self._options, verb, self._name],
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
