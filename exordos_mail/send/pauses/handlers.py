# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The pause of the whole service, for its operator (suspensions: of one tenant)."""

import msgspec

from exordos_mail.send import clock
from exordos_mail.send.api import common
from exordos_mail.send.api.problem import not_found
from exordos_mail.send.api.route import Access, Call, Logged, route
from exordos_mail.send.queue import pause
from exordos_mail.send.storage import database

_PATH = "/v1/queue/pause"


class PauseOut(msgspec.Struct):
    """Whether the service sends nothing, and since when."""

    paused: bool
    since: str | None


@route("GET", _PATH, Access.ADMIN)
async def show(call: Call) -> PauseOut:
    """Read whether the whole service is paused."""
    return _out(await call.base.read(pause.since))


@route("PUT", _PATH, Access.ADMIN, log=Logged.ONCE)
async def begin(call: Call) -> PauseOut:
    """Pause the whole service: messages are accepted, and none is sent."""

    def unit(tx: database.Transaction) -> int | None:
        pause.begin(tx, clock.now())
        return pause.since(tx)

    found = await call.base.write(unit)
    call.service.dispatcher.pause()
    return _out(found)


@route("DELETE", _PATH, Access.ADMIN, 200, log=Logged.ONCE)
async def end(call: Call) -> PauseOut:
    """Let the whole service send again."""
    if not await call.base.write(pause.end):
        raise not_found("pause")
    call.service.dispatcher.wake_all()
    return _out(None)


def _out(since: int | None) -> PauseOut:
    return PauseOut(since is not None, common.moment(since))
