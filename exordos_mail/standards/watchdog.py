# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a service tells systemd of itself: that it is up, and that it is alive.

See sd_notify(3): datagrams to the socket that the environment names. Without one,
nobody asks.
"""

import contextlib
import os
import socket

_SOCKET = "NOTIFY_SOCKET"
#: Microseconds within which systemd wants to hear of a service.
_PERIOD = "WATCHDOG_USEC"


def ready() -> None:
    """Say that the service is up."""
    _tell(b"READY=1")


def alive() -> None:
    """Say that the loop goes on; systemd restarts the service if this is not heard."""
    _tell(b"WATCHDOG=1")


def pause() -> float | None:
    """Return the seconds between two signs of life; None: nobody waits for one.

    Three of them fit into the time that systemd waits.
    """
    given = os.environ.get(_PERIOD, "")
    return int(given) / 3_000_000 if given.isdecimal() and int(given) else None


def _tell(what: bytes) -> None:
    path = os.environ.get(_SOCKET, "")
    if not path:
        return
    # "@" stands for the NUL of an abstract address.
    address = f"\0{path[1:]}" if path.startswith("@") else path
    with (
        # The manager may be restarting; and it must not keep the loop waiting.
        contextlib.suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender,
    ):
        sender.setblocking(False)
        sender.sendto(what, address)
