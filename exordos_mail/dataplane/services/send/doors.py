# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The sockets of the send service: that of its API, and that of this machine."""

import functools
import pathlib

from exordos_mail.dataplane.engine import door, send_socket, service
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.send import control


def doors(layout: layout_lib.Layout, told: control.Control) -> tuple[service.Door, ...]:
    """Return both of them."""
    http = layout.disk(layout.send_http_socket)
    return (
        service.Door(
            "send API", functools.partial(_ready, http), path=layout.send_http_socket
        ),
        service.Door("control", lambda: told.look().problem, path=layout.send_socket),
    )


def _ready(path: pathlib.Path) -> str:
    """Return why it does not take mail or deliver it; "": it does both."""
    try:
        send_socket.exchange(path, "GET", "/health/ready", None, door.SECONDS)
    except (send_socket.Away, send_socket.Silent):
        raise
    except send_socket.ControlError as exc:
        return str(exc)
    return ""
