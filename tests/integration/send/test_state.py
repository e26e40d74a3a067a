# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The state of a service, out of one and into another one."""

import pathlib
import subprocess
import typing as tp

import pytest

from exordos_mail.send import clock
from tests.integration.send.conftest import Services, add_relay
from tests.integration.send.managed import LOGIN
from tests.integration.send.service import PROGRAM, Client, Service
from tests.integration.send.sink import Sink
from tests.integration.support import waiting

SECRETS = (LOGIN[1], "tok-4711", "Very private")
MAIL = {"subject": "Very private", "relay": "a1"}
LABELS = {"reference": "r", "tags": ["receipt"], "metadata": {"a": "kept-4711"}}


def state(
    service: Service, *arguments: object, status: int = 0
) -> "subprocess.CompletedProcess[str]":
    """Run `state` on the database of a service."""
    command = [*PROGRAM, "state", *map(str, arguments), "--data", str(service.data)]
    if service.database is not None:
        command += ["--database", service.database]
    found = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert found.returncode == status, found
    return found


def refused(service: Service, *arguments: object, status: int = 1) -> str:
    found = state(service, *arguments, status=status)
    assert found.stderr.count("\n") == 1, found
    return found.stderr


@pytest.fixture
def keys(tmp_path: pathlib.Path) -> tuple[pathlib.Path, str]:
    """A private key's file, and the public key."""
    file = tmp_path / "private"
    command = [*PROGRAM, "state", "new-key", str(file)]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text().strip() not in found.stdout
    return file, found.stdout.strip()


#: A bounce mailbox; nobody reads it.
BOUNCES = {
    "id": "bounces",
    "host": "imap.example.net",
    "username": "bounces@example.com",
    "password": "pass-4711",
    "active": False,
}


def fill(service: Service, node_server: Sink, receiver: tp.Any) -> dict[str, str]:
    """Give a service one of each; return the keys by name."""
    admin, done = service.client(), Client.done
    for name in ("acme", "other"):
        done(admin.post("/v1/tenants", {"id": name, "limit_minute": 500}))
    change = {
        "callback_url": receiver.url,
        "callback_auth": "bearer",
        "callback_secret": "tok-4711",
    }
    done(admin.call("PATCH", "/v1/tenants/acme", json=change))
    acme = service.client(tenant="acme")
    add_relay(acme, node_server.port, "a1", username=LOGIN[0], password=LOGIN[1])
    done(acme.call("PUT", "/v1/suppressions/manual@example.net", json={"reason": "r"}))
    done(acme.call("PUT", "/v1/suspensions/b1"))
    config = {"protocol": "local", "config": {"base_path": str(service.data)}}
    done(acme.call("PUT", "/v1/storages/files", json=config))
    done(acme.post("/v1/bounce-mailboxes", BOUNCES))
    body = {"name": "k", "scopes": ["send", "read", "manage"]}
    made = {"maker": done(acme.post("/v1/keys", body))}
    maker = service.client(made["maker"]["key"])
    made["made"] = done(maker.post("/v1/keys", body))
    made["revoked"] = done(acme.post("/v1/keys", body))
    done(acme.call("DELETE", f"/v1/keys/{made['revoked']['id']}"))
    # A suppression that the service finds itself.
    node_server.do("gone", "550 5.1.1 no such user")
    acme.wait(acme.send("gone@example.net", relay="a1"), "failed")
    acme.wait(acme.send("sent@example.net", relay="a1"), "sent")
    return {name: one["key"] for name, one in made.items()}


def known(service: Service) -> list[tp.Any]:
    """Return everything that a service says of its state."""
    found: list[tp.Any] = []
    for tenant in service.client().get("/v1/tenants")["tenants"]:
        view = service.client(tenant=tenant["id"])
        found.append(tenant)
        for what in ("relays", "keys", "suppressions", "suspensions", "storages"):
            found.append(view.get(f"/v1/{what}"))
        found.append(view.get("/v1/bounce-mailboxes"))
    return found


def test_state_comes_back_whole_in_an_empty_service(
    services: Services,
    keys: tuple[pathlib.Path, str],
    tmp_path: pathlib.Path,
    node_server: Sink,
    receiver: tp.Any,
) -> None:
    options = ("--networks", "127.0.0.0/8", "--ports", "1-65535")
    options += (f"--directories={tmp_path}",)
    old, new = services.new(*options).start(), services.new(*options)
    private, public = keys
    tokens = fill(old, node_server, receiver)
    before = known(old)
    waiting.until(
        lambda: old.client(tenant="acme").get("/v1/webhook")["waiting"] == 0,
        "the webhook",
    )
    # The log of commands has no part in it.
    Client.done(old.client().post("/v1/commands/purge", params={"older_than": 0}))
    file = tmp_path / "state"
    state(old, "export", file, "--to", public)
    text = file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert not [one for one in (*SECRETS, *tokens.values()) if one in text]
    assert "hard_bounce" in text
    old.stop()

    # A service that was started once has a tenant of its own by then.
    new.start()
    assert "a process works on this database" in refused(
        new, "import", file, "--private-key", private
    )
    new.stop()
    assert "--private-key" in state(new, "import", file, status=2).stderr
    state(new, "import", file, "--private-key", private)
    new.start()
    assert known(new) == before
    holder = new.client(tokens["maker"])
    assert holder.get("/v1/messages")["messages"] == []
    assert new.client(tokens["revoked"]).call("GET", "/v1/messages").status_code == 401
    acme = new.client(tenant="acme")
    # The password came along, and numbers of events go on.
    acme.wait(acme.send("later@example.net", relay="a1"), "sent")
    waiting.until(lambda: acme.get("/v1/webhook")["waiting"] == 0, "the webhook")
    numbers = [one["seq"] for one in acme.get("/v1/events")["events"]]
    assert min(numbers) > 4
    suppressed = acme.message(acme.send("gone@example.net", relay="a1"))
    assert suppressed["state"] == "suppressed"
    # Revoking the maker still revokes what it has made.
    listed = {one["made_by"]: one["id"] for one in acme.get("/v1/keys")["keys"]}
    maker = next(one for one in listed if one is not None)
    Client.done(acme.call("DELETE", f"/v1/keys/{maker}"))
    assert new.client(tokens["made"]).call("GET", "/v1/messages").status_code == 401

    new.stop()
    assert "the service has something of its own" in refused(
        new, "import", file, "--private-key", private
    )


def test_messages_that_wait_go_along(
    services: Services,
    keys: tuple[pathlib.Path, str],
    tmp_path: pathlib.Path,
    sink: Sink,
) -> None:
    old, new = services.new().start(), services.new()
    private, public = keys
    client = old.client(tenant="default")
    client.done(client.call("DELETE", "/v1/relays/default"))
    add_relay(client, sink.port, "a1")
    client.wait(client.send("before@example.net", **MAIL), "sent")
    client.done(client.call("PUT", "/v1/suspensions"))
    body = {"headers": {"Idempotency-Key": "once"}}
    answer = client.call("POST", "/v1/messages", json=_mail("one@example.net"), **body)
    waits = client.done(answer)["id"]
    then = clock.text(clock.now() + 300 * 24 * 3600 * 1000)
    later = client.send("two@example.net", send_at=then, **MAIL)
    content = client.message(waits)
    old.stop()

    file = tmp_path / "state"
    shown = state(old, "export", file, "--to", public, "--mail")
    assert shown.stderr == ""
    assert not [one for one in ("Hello.", "kept-4711") if one in file.read_text()]
    state(new, "import", file, "--private-key", private)
    client = new.start().client(tenant="default")
    for member in ("recipients", "reference", "tags", "metadata"):
        assert client.message(waits)[member] == content[member]
    assert content["metadata"] == LABELS["metadata"]
    found = client.get("/v1/messages", tag="receipt")["messages"]
    assert [one["id"] for one in found] == [waits]
    assert client.message(later)["due_at"] == then
    again = client.call("POST", "/v1/messages", json=_mail("one@example.net"), **body)
    assert client.done(again)["id"] == waits
    assert len(sink.taken) == 1
    client.done(client.call("DELETE", "/v1/suspensions"))
    client.wait(waits, "sent")
    assert [one.recipients for one in sink.taken[1:]] == [["one@example.net"]]
    assert "Subject: Very private" in sink.taken[1].text


def _mail(to: str) -> dict[str, tp.Any]:
    return {"from": "a@example.com", "to": to, "text": "Hello.", **MAIL, **LABELS}


def test_without_secrets_what_is_missing_is_named(
    services: Services, tmp_path: pathlib.Path, node_server: Sink, receiver: tp.Any
) -> None:
    options = ("--networks", "127.0.0.0/8", "--ports", "1-65535")
    old = services.new(*options, f"--directories={tmp_path}").start()
    fill(old, node_server, receiver)
    old.stop()
    file = tmp_path / "state"
    assert "give one of --to" in state(old, "export", file, status=2).stderr
    assert "not a key of" in refused(old, "export", file, "--to", "QUJD")
    assert not file.exists()
    found = state(old, "export", file, "--without-secrets")
    *secrets, links = found.stderr.splitlines()
    assert links.startswith("left out: link_keys/")
    assert secrets == [
        "left out: tenants/acme/callback_secret",
        "left out: relays/acme/a1/password",
        "left out: storages/acme/files/config",
        "left out: bounce_mailboxes/acme/bounces/password",
    ]
    assert "already exists" in refused(old, "export", file, "--without-secrets")
    new = services.new(*options)
    state(new, "import", file)
    relay = new.start().client(tenant="acme").get("/v1/relays/a1")
    assert (relay["username"], relay["has_password"]) == (None, False)
    acme = new.client(tenant="acme")
    found = acme.done(acme.post("/v1/bounce-mailboxes/bounces/test"))
    assert found["reason"].startswith("the password is missing")
