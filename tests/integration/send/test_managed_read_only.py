# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the control plane writes of a tenant, nobody else changes."""

import pathlib
import subprocess
import typing as tp

import pytest

from tests.integration.send.conftest import Services
from tests.integration.send.managed import (
    Node,
    changed,
    document,
    relay,
    suppression,
)
from tests.integration.send.service import CLIENT, Client
from tests.integration.send.sink import Sink

#: Calls about the tenant `acme`, its first key and what its document has.
READ_ONLY: tuple[tuple[str, str, object], ...] = (
    ("PATCH", "/v1/tenants/acme", {"name": "n"}),
    ("PATCH", "/v1/tenants/acme", {"active": False}),
    ("PATCH", "/v1/tenants/acme", {"callback_url": "https://example.com/"}),
    ("DELETE", "/v1/tenants/acme", None),
    ("DELETE", "/v1/tenants/acme?force=true", None),
    ("POST", "/v1/keys", {"name": "k", "scopes": ["read"]}),
    ("DELETE", "/v1/keys/KEY", None),
    ("POST", "/v1/relays", {"id": "more", "host": "mx.example.com"}),
    ("PATCH", "/v1/relays/default", {"concurrency": 1}),
    ("DELETE", "/v1/relays/default", None),
    ("PATCH", "/v1/relays/own", {"password": None, "username": None}),
    ("DELETE", "/v1/relays/own", None),
    ("PUT", "/v1/suppressions/listed@example.net", {"reason": "r"}),
    ("PUT", "/v1/suppressions/LISTED@example.net", {"reason": "r"}),
    ("DELETE", "/v1/suppressions/listed@example.net", None),
)


def snapshot(tenant: Client) -> list[tp.Any]:
    """Return everything that a document decides."""
    return [
        tenant.get("/v1/tenants/acme"),
        tenant.get("/v1/relays"),
        tenant.get("/v1/keys"),
        tenant.get("/v1/suppressions"),
    ]


@pytest.fixture
def acme(sink: Sink) -> dict[str, tp.Any]:
    return document(
        relays=[relay("own", sink.port)],
        suppressions=[suppression("listed@example.net")],
    )


def test_what_the_control_plane_writes_is_read_only(
    node: Node, acme: dict[str, tp.Any]
) -> None:
    key = node.done(acme)
    before = snapshot(key)
    for caller in (node.admin(acme), key):
        for method, path, body in READ_ONLY:
            path = path.replace("KEY", acme["api_keys"][0]["id"])
            of_admin = "/tenants/" in path
            if of_admin and caller is not key:
                answer = node.service.client().call(method, path, json=body)
            else:
                answer = caller.call(method, path, json=body)
            # A key is told first that tenants are the admin's.
            wanted = 403 if of_admin and caller is key else 409
            assert answer.status_code == wanted, (method, path, answer.text)
            if wanted == 409:
                assert answer.json()["code"] == "managed"
    assert snapshot(key) == before


def test_tenant_does_what_is_its_own(node: Node, acme: dict[str, tp.Any]) -> None:
    key = node.done(acme)
    own = "/v1/suppressions/own@example.net"
    key.done(key.call("PUT", own, json={"reason": "r"}))
    key.done(key.call("DELETE", own))
    key.done(key.call("PUT", "/v1/suspensions"))
    key.done(key.call("DELETE", "/v1/suspensions"))
    key.done(key.call("POST", "/v1/webhook/resume"))
    node.done(changed(acme))


def test_replayed_log_does_not_get_around_it(
    node: Node, services: Services, tmp_path: pathlib.Path, acme: dict[str, tp.Any]
) -> None:
    old = services.new().start()
    admin, mine = old.client(), old.client(tenant="acme")
    done = Client.done
    done(admin.post("/v1/tenants", {"id": "acme", "limit_minute": 5}))
    made = done(mine.post("/v1/keys", {"name": "k", "scopes": ["manage"]}))
    done(mine.post("/v1/relays", {"id": "own", "host": "mx.example.com"}))
    done(mine.call("PATCH", "/v1/relays/own", json={"concurrency": 1}))
    done(mine.call("DELETE", "/v1/relays/own"))
    listed = "/v1/suppressions/listed@example.net"
    done(mine.call("PUT", listed, json={"reason": "r"}))
    done(mine.call("DELETE", listed))
    done(mine.call("DELETE", f"/v1/keys/{made['id']}"))
    file = tmp_path / "commands"
    file.write_text(_program("export", old.port, old.data).stdout)

    key = node.done(acme)
    before = snapshot(key)
    new = node.service
    replayed = _program("replay", new.port, new.data, str(file))
    assert replayed.returncode == 1
    assert snapshot(key) == before
    # Nor are the agent's calls played again elsewhere.
    exported = _program("export", new.port, new.data)
    assert (exported.returncode, exported.stdout) == (0, "")
    logged = new.client().get("/v1/commands", actor="control")["commands"]
    assert [(one["method"], one["request"]) for one in logged] == [("PUT", None)]


def _program(
    name: str, port: int, data: pathlib.Path, *more: str
) -> "subprocess.CompletedProcess[str]":
    connection = [f"--url=http://127.0.0.1:{port}", f"--token-file={data}/admin-token"]
    return subprocess.run(
        [*CLIENT, name, *more, *connection], capture_output=True, text=True, timeout=60
    )
