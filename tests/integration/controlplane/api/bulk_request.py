# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Parts of a bulk request and of its answer."""

import typing as tp

from tests.integration.controlplane import conftest
from tests.integration.support import client

KINDS = ("create", "update", "delete")


def item(username: str, **changes: tp.Any) -> client.Body:
    """Return an account to be created."""
    return {"username": username, "password_hash": client.HASH, **changes}


def statuses(answer: client.Body, kind: str) -> list[int]:
    """Return the statuses of a kind of items, which stand in order."""
    assert [one["index"] for one in answer[kind]] == list(range(len(answer[kind])))
    return [one["status"] for one in answer[kind]]


def stored(db: conftest.Connection, instance: client.Body) -> dict[str, client.Body]:
    """Return the instance's rows by username."""
    rows = db.execute(
        "SELECT * FROM mail_accounts WHERE instance = %s", (instance["uuid"],)
    ).fetchall()
    return {row["username"]: row for row in rows}
