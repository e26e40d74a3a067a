#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

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
