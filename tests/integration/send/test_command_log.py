# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The command log: every change with its author, and its replay."""

import asyncio
import json
import pathlib
import subprocess
import typing as tp
import uuid

import pytest

from exordos_mail.send import clock, ids
from exordos_mail.send.commands import records
from exordos_mail.send.commands.recording import Recorder
from exordos_mail.send.storage import database, postgresql, sqlite
from exordos_mail.send.tenants import records as tenants
from tests.integration.send.conftest import Services
from tests.integration.send.service import CLIENT, Client, Service, mail

SECRETS = ("hunter2", "tok-4711", "query-4711", "path-4711")


def commands(admin: Client, **wanted: str) -> list[dict[str, tp.Any]]:
    query = {"limit": "500", **wanted}
    return list(
        Client.done(admin.call("GET", "/v1/commands", params=query))["commands"]
    )


def of_tenant(admin: Client, tenant: Client) -> list[dict[str, tp.Any]]:
    return commands(admin, tenant=str(tenant.tenant))


def program(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*CLIENT, *arguments], capture_output=True, text=True, timeout=60
    )


def test_change_is_logged_with_author_request_and_result(
    admin: Client, tenant: Client
) -> None:
    made = commands(admin, path="/v1/tenants")
    assert {"id": tenant.tenant, "name": "A tenant"} in [one["request"] for one in made]
    Client.done(tenant.post("/v1/relays", {"id": "a1", "host": "mail.example.com"}))
    found = of_tenant(admin, tenant)
    assert len(found) == 1
    assert found[0]["actor"] == "admin"
    assert found[0]["method"] == "POST"
    assert found[0]["path"] == f"/v1/relays?tenant={tenant.tenant}"
    assert found[0]["request"] == {"id": "a1", "host": "mail.example.com"}
    assert found[0]["status"] == 201
    assert found[0]["result"]["id"] == "a1"
    assert admin.get(f"/v1/commands/{found[0]['id']}") == found[0]


def test_key_is_the_author(service: Service, admin: Client, tenant: Client) -> None:
    body = {"name": "k", "scopes": ["manage"]}
    key = Client.done(tenant.post("/v1/keys", body))
    holder = service.client(token=key["key"])
    Client.done(
        holder.call("PUT", "/v1/suppressions/x@example.net", json={"reason": "r"})
    )
    actor = f"key:{key['id']}"
    found = commands(admin, actor=actor)
    assert [one["path"] for one in found] == ["/v1/suppressions/x@example.net"]
    assert found[0]["tenant"] == tenant.tenant
    assert key["key"] not in json.dumps(of_tenant(admin, tenant))


def test_reads_and_rehearsals_are_not_logged(admin: Client, tenant: Client) -> None:
    tenant.get("/v1/relays")
    tenant.post("/v1/messages/dry-run", mail())
    assert of_tenant(admin, tenant) == []


def test_refused_calls_are_logged_as_refused(admin: Client, tenant: Client) -> None:
    body = {"id": "a1", "host": "mail.example.com"}
    for _ in range(2):
        tenant.post("/v1/relays", body)
    tenant.post("/v1/relays", {"id": "a2", "host": "h", "pasword": "hunter2"})
    tenant.call("DELETE", "/v1/suspensions/b1")
    found = of_tenant(admin, tenant)
    assert [one["status"] for one in found] == [201, 409, 422, 404]
    assert [one["result"].get("code") for one in found[1:]] == [
        "exists",
        "invalid",
        "not_found",
    ]
    assert found[1]["request"] == body
    # What is in a body that was not understood, nobody knows.
    assert found[2]["request"] is None


def test_refused_change_leaves_one_row_and_no_change(
    admin: Client, tenant: Client
) -> None:
    answer = tenant.call("DELETE", f"/v1/keys/{uuid.uuid4()}")
    assert answer.status_code == 404
    found = of_tenant(admin, tenant)
    assert [(one["status"], one["result"]) for one in found] == [
        (404, {"code": "not_found"})
    ]


def test_secrets_are_masked(admin: Client, tenant: Client) -> None:
    change = {
        "callback_url": "https://example.com/path-4711?sig=query-4711",
        "callback_auth": "bearer",
        "callback_secret": "tok-4711",
    }
    Client.done(admin.call("PATCH", f"/v1/tenants/{tenant.tenant}", json=change))
    relay = {"id": "a1", "host": "h.example", "username": "u", "password": "hunter2"}
    Client.done(tenant.post("/v1/relays", relay))
    text = json.dumps(commands(admin))
    assert not [secret for secret in SECRETS if secret in text]
    found = of_tenant(admin, tenant)[0]
    assert found["request"] == {**relay, "password": "***"}


def test_mail_is_logged_without_its_content(admin: Client, sender: Client) -> None:
    message_id = sender.send("someone@example.net", subject="Very private")
    batch = {"messages": [mail("one@example.net"), mail("two@example.net")]}
    Client.done(sender.post("/v1/messages/batch", batch))
    found = of_tenant(admin, sender)[1:]
    assert [one["request"] for one in found] == [None, None]
    assert found[0]["result"] == {"id": message_id, "state": "queued"}
    assert found[1]["result"] == {"accepted": 2, "refused": 0}
    assert "example.net" not in json.dumps(found)


def test_list_by_cursor_and_filters(admin: Client, tenant: Client) -> None:
    for number in range(5):
        path = f"/v1/suppressions/r{number}@example.net"
        Client.done(tenant.call("PUT", path, json={"reason": "r"}))
    tenant.call("DELETE", "/v1/suppressions/r0@example.net")
    name = str(tenant.tenant)
    everything = of_tenant(admin, tenant)
    assert len(everything) == 6
    parts, after = [], ""
    while after is not None:
        part = admin.get("/v1/commands", tenant=name, limit="2", after=after)
        parts += part["commands"]
        after = part["next"]
    assert parts == everything
    assert len(commands(admin, tenant=name, method="delete")) == 1
    assert len(commands(admin, tenant=name, path="/v1/suppressions/r1")) == 1
    since = everything[3]["at"]
    later = commands(admin, tenant=name, since=since)
    earlier = commands(admin, tenant=name, until=since)
    assert earlier + later == everything
    assert all(one["at"] >= since for one in later)


def test_log_is_the_admins(service: Service, tenant: Client) -> None:
    body = {"name": "k", "scopes": ["send", "read", "manage"]}
    key = Client.done(tenant.post("/v1/keys", body))["key"]
    holder = service.client(token=key)
    for method, path in (
        ("GET", "/v1/commands"),
        ("GET", "/v1/commands/export"),
        ("POST", "/v1/commands/purge?older_than=0"),
    ):
        assert holder.call(method, path).status_code == 403


def test_purge_by_age(services: Services) -> None:
    service = services.new().start()
    admin = service.client()
    for number in range(3):
        Client.done(admin.post("/v1/tenants", {"id": f"t{number}"}))
    path = "/v1/commands/purge"
    assert Client.done(admin.post(path, params={"older_than": 3600})) == {"removed": 0}
    assert program("export", *connection(service)).returncode == 0
    removed = Client.done(admin.post(path, params={"older_than": 0}))["removed"]
    assert removed >= 3
    assert {one["path"].partition("?")[0] for one in commands(admin)} == {path}
    # Half a configuration is not taken for a whole one.
    exported = program("export", *connection(service))
    assert (exported.returncode, exported.stdout) == (1, "")
    assert "the log has no commands from before " in exported.stderr
    assert "use `state export`" in exported.stderr
    assert program("export", "--incomplete", *connection(service)).returncode == 0


def configured(service: Service) -> list[tp.Any]:
    """Return what a configuration consists of, without its moments."""
    admin = service.client()
    found: list[tp.Any] = []
    for tenant in admin.get("/v1/tenants")["tenants"]:
        view = service.client(tenant=tenant["id"])
        found += [
            tenant,
            view.get("/v1/relays")["relays"],
            view.get("/v1/suppressions"),
            view.get("/v1/suspensions"),
            [{**one, "id": ""} for one in view.get("/v1/keys")["keys"]],
        ]
    return [without_moments(one) for one in found]


def without_moments(value: tp.Any) -> tp.Any:
    if isinstance(value, dict):
        return {
            name: (inner is not None)
            if name.endswith("_at")
            else without_moments(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [without_moments(inner) for inner in value]
    return value


def fill(service: Service) -> None:
    admin = service.client()
    done = Client.done
    for name in ("acme", "short-lived"):
        done(admin.post("/v1/tenants", {"id": name, "limit_minute": 5}))
    change = {
        "callback_url": "https://example.com/path-4711",
        "callback_auth": "bearer",
        "callback_secret": "tok-4711",
    }
    done(admin.call("PATCH", "/v1/tenants/acme", json=change))
    done(admin.call("DELETE", "/v1/tenants/short-lived"))
    tenant = service.client(tenant="acme")
    relay = {"id": "a1", "host": "h.example", "username": "u", "password": "hunter2"}
    done(tenant.post("/v1/relays", relay))
    done(tenant.call("PUT", "/v1/suppressions/x@example.net", json={"reason": "r"}))
    done(tenant.call("PUT", "/v1/suspensions/b1"))
    first = done(tenant.post("/v1/keys", {"name": "one", "scopes": ["read"]}))
    done(tenant.post("/v1/keys", {"name": "two", "scopes": ["send"]}))
    # The id in the path is another one in the new service.
    done(tenant.call("DELETE", f"/v1/keys/{first['id']}"))
    tenant.post("/v1/relays", relay)
    tenant.send(relay="a1")


def connection(service: Service) -> list[str]:
    return [
        f"--url=http://127.0.0.1:{service.port}",
        f"--token-file={service.data / 'admin-token'}",
    ]


def test_export_is_replayed_into_an_empty_service(
    services: Services, tmp_path: pathlib.Path
) -> None:
    old, new = services.new().start(), services.new().start()
    fill(old)
    exported = program("export", *connection(old))
    assert exported.returncode == 0, exported.stderr
    assert not [secret for secret in SECRETS if secret in exported.stdout]
    file = tmp_path / "commands"
    file.touch(0o600)
    file.write_text(exported.stdout)

    refused = program("replay", str(file), *connection(new))
    assert refused.returncode == 1
    assert "POST /v1/relays?tenant=acme: password" in refused.stderr
    assert configured(new) != configured(old)

    text = exported.stdout.replace('"password": "***"', '"password": "hunter2"')
    text = text.replace("example.com/***", "example.com/path-4711")
    file.write_text(
        text.replace('"callback_secret": "***"', '"callback_secret": "tok-4711"')
    )
    replayed = program("replay", str(file), *connection(new))
    assert replayed.returncode == 0, replayed.stderr
    assert configured(new) == configured(old)
    assert replayed.stdout.count("exm_") == 2
    # Mail is not sent again.
    assert new.client(tenant="acme").get("/v1/messages")["messages"] == []


def test_replay_without_secrets_says_what_is_missing(
    services: Services, tmp_path: pathlib.Path
) -> None:
    old, new = services.new().start(), services.new().start()
    fill(old)
    file = tmp_path / "commands"
    file.write_text(program("export", *connection(old)).stdout)
    replayed = program("replay", "--without-secrets", str(file), *connection(new))
    assert replayed.returncode == 0, replayed.stderr
    assert "left out: " in replayed.stderr
    relay = new.client(tenant="acme").get("/v1/relays/a1")
    assert (relay["username"], relay["has_password"]) == (None, False)


def test_replay_gives_a_tenants_relay_no_more_than_its_key_could(
    services: Services, tmp_path: pathlib.Path
) -> None:
    old, new = services.new().start(), services.new().start()
    admin = old.client()
    Client.done(admin.post("/v1/tenants", {"id": "acme"}))
    tenant = old.client(tenant="acme")
    body = {"name": "k", "scopes": ["manage"]}
    key = old.client(Client.done(tenant.post("/v1/keys", body))["key"])
    # Without `?tenant=`: a key has one tenant only.
    Client.done(key.post("/v1/relays", {"id": "a1", "host": "mx.example.com"}))
    file = tmp_path / "commands"
    file.write_text(program("export", *connection(old)).stdout)
    replayed = program("replay", str(file), *connection(new))
    assert replayed.returncode == 0, replayed.stderr
    assert new.client(tenant="acme").get("/v1/relays/a1")["public_only"]
    assert configured(new) == configured(old)


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[]",
        '{"method": "POST"}',
        '{"method": "POST", "path": 5}',
        # It would be sent the token.
        '{"method": "POST", "path": "http://127.0.0.1:9/v1/tenants"}',
    ],
)
def test_replay_of_something_else_is_refused(
    service: Service, tmp_path: pathlib.Path, text: str
) -> None:
    file = tmp_path / "commands"
    file.write_text(text)
    replayed = program("replay", str(file), *connection(service))
    assert replayed.returncode == 1
    assert replayed.stderr == "exordos-mail: line 1 is not a command\n"


def test_change_without_its_row_is_undone(
    kind: str, services: Services, tmp_path: pathlib.Path
) -> None:
    base: database.Database
    if kind == "sqlite":
        base = sqlite.SqliteDatabase(tmp_path / "send.sqlite3")
    else:
        base = postgresql.PostgresqlDatabase(str(services.database()))
    now = clock.now()
    command = records.Command(
        ids.generator.one(now), now, "admin", "", "POST", "/v1/tenants", True, None
    )

    async def add(name: str) -> None:
        # The second one cannot write its row: there is one of this id already.
        recorder = Recorder(base, command, 201)
        await recorder.write(tenants.add, tenants.new(name), now)

    async def all_tenants() -> list[str]:
        return [row.id for row in await base.read(tenants.page, "", 10)]

    try:
        base.migrate()
        asyncio.run(add("first"))
        with pytest.raises(database.Conflict):
            asyncio.run(add("second"))
        assert asyncio.run(all_tenants()) == ["first"]
    finally:
        base.close()
