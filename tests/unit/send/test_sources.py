# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a tenant has for attachments, when a machine lacks a driver."""

import asyncio
import json
import pathlib
import sys

import pytest

from exordos_mail.send import seed, vault
from exordos_mail.send.attachments import Policy, Reference, TemporaryFailure
from exordos_mail.send.content import message
from exordos_mail.send.delivery.sources import Sources
from exordos_mail.send.storage import sqlite
from exordos_mail.send.storages import records as storages
from exordos_mail.send.unsubscribe.links import Links

LINKS = Links([bytes(64)], None)
CONFIG = {
    "bucket": "my-bucket",
    "aws_access_key_id": "id",
    "aws_secret_access_key": "secret",
}


def test_storage_whose_driver_is_missing_is_away_for_now(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    base = sqlite.SqliteDatabase(tmp_path / "db")
    secrets = vault.Vault(bytes(vault.KEY_BYTES))
    sources = Sources(base, secrets, Policy(), tmp_path / "cache", LINKS)
    sealed = secrets.seal(
        json.dumps(CONFIG), vault.row_name("storage", seed.TENANT, "files")
    )
    content = message.Content(
        "a@example.com", attachments=[Reference("a.pdf", storage="files", path="a.pdf")]
    )

    async def ask() -> str:
        await base.write(seed.seed, ("mx.example", 25))
        await base.write(storages.put, seed.TENANT, "files", "s3", sealed, 0)
        # Another machine may have the driver: the message is taken.
        await sources.check(seed.TENANT, content)
        with pytest.raises(TemporaryFailure) as caught:
            await sources.load(seed.TENANT, content)
        return caught.value.reason

    try:
        base.migrate()
        reason = asyncio.run(ask())
    finally:
        base.close()
    assert "s3fs" in reason
