# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Liveness of a real service, in this process, whose parts are made to end."""

import asyncio
import pathlib
import typing as tp

import httpx
import pytest

from exordos_mail.send import assembly, seed, service, starting
from exordos_mail.send.api import app
from exordos_mail.send.storage import database
from exordos_mail.send.unsubscribe.links import Links
from tests.unit.send.chosen import chosen as settings_of


async def _running(tmp_path: pathlib.Path) -> service.Service:
    chosen = settings_of(f"--data={tmp_path}")
    starting.prepare(chosen)
    base = starting.open_database(chosen)
    await asyncio.to_thread(base.migrate)
    await base.write(seed.seed, ("127.0.0.1", 1))
    secrets = await starting.open_vault(base, chosen.places)
    found = assembly.build(chosen, base, "token", secrets, Links([bytes(64)], None))
    await found.dispatcher.start()
    found.webhooks.start()
    found.mailboxes.start()
    return found


async def _ask(running: service.Service, path: str) -> tuple[int, tp.Any]:
    transport = httpx.ASGITransport(app.build(running))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        answer = await client.get(path)
    return answer.status_code, answer.json()


def _die(tx: database.Transaction) -> None:
    # Not an Exception: the thread that runs it ends.
    raise SystemExit


async def _break(running: service.Service, part: str) -> None:
    if part == "storage":
        lost = asyncio.ensure_future(running.base.write(_die))
        while running.storage.runs:
            await asyncio.sleep(0.01)
        lost.cancel()
        return
    name = {"dispatcher": "look", "webhooks": "webhooks"}.get(part, part)
    task = next(one for one in asyncio.all_tasks() if one.get_name() == name)
    task.cancel()
    await asyncio.wait([task])


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(
    "part", ["storage", "dispatcher", "webhooks", "bounce_mailboxes"]
)
def test_part_that_has_ended_is_named(tmp_path: pathlib.Path, part: str) -> None:
    async def scenario() -> None:
        running = await _running(tmp_path)
        try:
            for status, more in (("live", {}), ("ready", {"paused": False})):
                found = await _ask(running, f"/health/{status}")
                assert found == (200, {"status": status, **more})
            await _break(running, part)
            for status in ("live", "ready"):
                code, body = await _ask(running, f"/health/{status}")
                assert (code, body["code"]) == (503, f"not_{status}")
                assert [error["field"] for error in body["errors"]] == [part]
                assert body["detail"] == f"{part} stopped because of an error"
        finally:
            await running.mailboxes.stop()
            await running.webhooks.stop()
            if part != "storage":
                await running.dispatcher.stop()
            await asyncio.to_thread(running.storage.close)

    asyncio.run(asyncio.wait_for(scenario(), 60))
