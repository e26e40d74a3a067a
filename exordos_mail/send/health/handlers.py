# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Health: whether this process works, and whether it should be sent requests."""

import asyncio
import logging

import msgspec

from exordos_mail.send import vault
from exordos_mail.send.api.problem import FieldProblem, Problem
from exordos_mail.send.api.route import Access, Call, route
from exordos_mail.send.queue import pause
from exordos_mail.send.service import Service
from exordos_mail.send.storage import database, migrations, secrets_keys

log = logging.getLogger(__name__)

#: Seconds to wait for the database's answer.
_PATIENCE = 3.0


class HealthOut(msgspec.Struct):
    """All is well."""

    #: live or ready.
    status: str


class ReadyOut(HealthOut):
    """All is well; `paused`: the operator has stopped what goes out."""

    paused: bool


@route("GET", "/health/live", Access.PUBLIC)
async def live(call: Call) -> HealthOut:
    """Whether the process works; if not, restart it.

    A database that is away is no reason to end a process.
    """
    _refuse("live", _ended(call.service))
    return HealthOut("live")


@route("GET", "/health/ready", Access.PUBLIC)
async def ready(call: Call) -> ReadyOut:
    """Whether mail is taken and delivered."""
    _refuse("ready", await obstacles(call.service))
    return ReadyOut("ready", await call.base.read(pause.since) is not None)


def _refuse(status: str, errors: list[FieldProblem]) -> None:
    if not errors:
        return
    detail = "; ".join(f"{error.field} {error.message}" for error in errors)
    raise Problem(503, f"not_{status}", detail, errors)


def _ended(service: Service) -> list[FieldProblem]:
    parts = {
        "storage": service.storage.runs,
        "dispatcher": service.dispatcher.runs,
        "webhooks": service.webhooks.runs,
        "bounce_mailboxes": service.mailboxes.runs,
    }
    return [
        FieldProblem(name, "stopped because of an error")
        for name, runs in parts.items()
        if not runs
    ]


async def obstacles(service: Service) -> list[FieldProblem]:
    """Return why a service does not take or deliver mail."""
    found = _ended(service)
    worker = service.worker
    if worker.unwritable:
        found.append(FieldProblem("database", "cannot be written"))
    elif not worker.may_send():
        found.append(
            FieldProblem(
                "dispatcher", f"has had no heartbeat for {worker.beat_age:.0f} s"
            )
        )
    try:
        names, wrong = await asyncio.wait_for(
            service.base.read(_differences, service.secrets), timeout=_PATIENCE
        )
    except database.DatabaseUnavailable:
        found.append(FieldProblem("database", "cannot be read"))
    except asyncio.TimeoutError:
        found.append(FieldProblem("database", "does not answer"))
    except migrations.SchemaTooNew:
        found.append(FieldProblem("migrations", "are of a newer version"))
    except Exception:
        log.exception("readiness")
        found.append(FieldProblem("database", "is not this service's"))
    else:
        if names:
            found.append(FieldProblem("migrations", f"are missing: {', '.join(names)}"))
        if wrong is not None:
            found.append(FieldProblem("secrets_key", wrong))
    return found


def _differences(
    tx: database.Transaction, secrets: vault.Vault
) -> tuple[list[str], str | None]:
    """Return the migrations that are missing, and what is wrong with the key."""
    names = migrations.behind(tx)
    if names:
        # There may be no table of keys.
        return names, None
    return [], secrets_keys.obstacle(secrets_keys.known(tx), secrets)
