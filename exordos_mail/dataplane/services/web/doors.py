# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The ports at which nginx answers browsers."""

import functools

from exordos_mail.dataplane.engine import door, service
from exordos_mail.dataplane.services.web import paths as paths_lib
from exordos_mail.dataplane.services.web import probe


def doors(name: str) -> tuple[service.Door, ...]:
    """Return both of them; `name` is a host's that nginx has a certificate for."""
    http, https = paths_lib.HTTP_PORT, paths_lib.HTTPS_PORT
    return (
        service.Door("HTTP", functools.partial(_look, http, name, False), port=http),
        service.Door("HTTPS", functools.partial(_look, https, name, True), port=https),
    )


def _look(port: int, name: str, tls: bool) -> str:
    try:
        status, shown = probe.status(port, name, tls)
    except ValueError:
        raise service.Problem("what answers does not speak HTTP") from None
    if status >= 500:
        return f"the answer to GET / is {status}"
    return door.expired(shown) if tls else ""
