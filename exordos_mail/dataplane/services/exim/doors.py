# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The ports at which exim answers: those of the world, and those of this machine."""

import dataclasses
import functools

from exordos_mail.dataplane.engine import door, service
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.exim import probe
from exordos_mail.standards import dialogue

# exim tells this machine which configuration it runs: somebody else's does not.
_OWN = dataclasses.replace(dialogue.SMTP, greeting=r"^220 .* revision=[0-9A-Za-z]+")


def doors(layout: layout_lib.Layout) -> tuple[service.Door, ...]:
    """Return all of them."""
    return (
        door.speaking("SMTP", layout.smtp_port, _OWN, logs_in=False),
        door.speaking("SMTP with TLS", layout.submissions_port, _OWN, tls=True),
        door.speaking("SMTP", layout.submission_port, _OWN),
        _inner("SMTP of the send service", layout.send_port),
        _inner("SMTP of Sieve scripts", layout.sieve_port),
    )


def _inner(protocol: str, port: int) -> service.Door:
    return service.Door(protocol, functools.partial(_greets, port), port=port)


def _greets(port: int) -> str:
    try:
        probe.greets(port)
    except probe.ProbeError as exc:
        raise service.Problem(str(exc)) from None
    return ""
