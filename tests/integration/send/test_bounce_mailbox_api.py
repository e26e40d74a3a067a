# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Bounce mailboxes by HTTP and by command: what may be set, what a test says."""

import json
import pathlib
import typing as tp

import pytest

from tests.integration.send import certificates, command, mailboxes
from tests.integration.send.command import Cli
from tests.integration.send.conftest import Services
from tests.integration.send.dovecot_server import PASSWORD, Dovecot
from tests.integration.send.mailboxes import LETTER, Mailbox
from tests.integration.send.service import Client, Service
from tests.integration.support import waiting

cli = command.cli
#: Nobody listens there.
NOWHERE = {"id": "box", "host": "127.0.0.1", "port": 9, "username": "joe"}


@pytest.fixture
def mailbox(tenant: Client, dovecot: Dovecot) -> Mailbox:
    return Mailbox(tenant, dovecot)


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_a_test_says_what_is_wrong_and_changes_nothing(
    tenant: Client,
    dovecot: Dovecot,
    mailbox: Mailbox,
    protocol: str,
    tmp_path: pathlib.Path,
) -> None:
    dovecot.deliver(mailbox.user, LETTER, LETTER)
    mailbox.add(protocol)
    assert mailbox.test() == {"works": True, "reason": None, "messages": 2}
    port = dovecot.ports[protocol, "implicit"]
    where = f"127.0.0.1, port {port}"
    other = certificates.make(tmp_path).certificate
    for change, reason in (
        ({"password": "wrong"}, f"{where} refuses the user name or the password"),
        ({"password": PASSWORD, "ca": other}, "the certificate of"),
        ({"ca": None, "password": PASSWORD}, "the certificate of"),
        ({"ca": dovecot.ca, "password": PASSWORD, "port": 9}, "does not answer on"),
        (
            {
                "password": PASSWORD,
                "port": dovecot.ports[protocol, "starttls"],
                "answer_seconds": 1,
            },
            "no TLS with",
        ),
    ):
        tenant.done(mailbox.change(**change))
        answer = mailbox.test()
        assert (answer["works"], answer["messages"]) == (False, None)
        assert reason in answer["reason"]
        assert reason in mailbox.failed()["last_error"]
        assert mailbox.shown()["state"] == "failing"
    right = {"port": port, "password": PASSWORD, "answer_seconds": 20}
    tenant.done(mailbox.change(**right))
    assert mailbox.polled()["failures"] == 0
    assert dovecot.count(mailbox.user) == 2


def test_a_folder_that_is_not_there(mailbox: Mailbox, tenant: Client) -> None:
    mailbox.add()
    tenant.done(mailbox.change(folder="Bounces"))
    assert "does not open the folder Bounces" in mailbox.test()["reason"]
    tenant.done(mailbox.change(folder="INBOX", after="move", move_to="Done"))
    assert "has no folder Done to move mail to" in mailbox.test()["reason"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"host": "imap.example.com:993"}, "host"),
        ({"host": "10.0.0.1"}, "host"),
        ({"port": 993, "tls": "starttls"}, "tls"),
        ({"protocol": "pop3", "after": "move", "move_to": "Done"}, "after"),
        ({"protocol": "pop3", "folder": "Bounces"}, "after"),
        ({"protocol": "pop3", "idle": True}, "idle"),
        ({"after": "move"}, "after"),
        ({"after": "move", "move_to": "INBOX"}, "after"),
        ({"folder": "a\r\nb"}, "folder"),
        ({"move_to": "x" * 300}, "move_to"),
        ({"ca": "none"}, "ca"),
        (
            {"ca": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"},
            "ca",
        ),
        ({"password": "a\r\nb"}, "password"),
        ({"username": ""}, "username"),
        ({"username": None}, "username"),
        ({"period_seconds": 1}, "period_seconds"),
        ({"tls": "none"}, "tls"),
    ],
)
def test_what_may_not_be_set(
    tenant: Client, given: dict[str, tp.Any], field: str
) -> None:
    answer = tenant.post(
        mailboxes.PATH, {**NOWHERE, "password": "secret-word", **given}
    )
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert "secret-word" not in answer.text


def test_defaults_and_what_is_shown(tenant: Client, service: Service) -> None:
    made = []
    for at, given in enumerate(
        [{}, {"tls": "starttls"}, {"protocol": "pop3"}, {"port": 110}]
    ):
        body = {**NOWHERE, "password": "hidden-word", "id": f"b{at}", "active": False}
        body = {name: one for name, one in body.items() if name != "port"}
        made.append(tenant.done(tenant.post(mailboxes.PATH, {**body, **given})))
    shown = [(one["port"], one["tls"]) for one in made]
    assert shown == [
        (993, "implicit"),
        (143, "starttls"),
        (995, "implicit"),
        (110, "starttls"),
    ]
    first = made[0]
    assert (first["state"], first["after"], first["folder"]) == ("off", "keep", "INBOX")
    assert (first["next_poll_at"], first["has_password"]) == (None, True)
    assert first["period_seconds"] == 300
    listed = tenant.get(mailboxes.PATH)
    assert listed == {"bounce_mailboxes": made, "next": None}
    texts = [json.dumps(tenant.get("/v1/commands")), json.dumps(made), service.log]
    assert not any("hidden-word" in text for text in texts)
    answer = tenant.call("POST", f"{mailboxes.PATH}/b0/poll")
    assert (answer.status_code, answer.json()["code"]) == (409, "off")


def test_a_password_goes_nowhere_else(tenant: Client) -> None:
    body = {**NOWHERE, "password": "secret-word", "active": False}
    tenant.done(tenant.post(mailboxes.PATH, body))
    path = f"{mailboxes.PATH}/box"
    for change in ({"host": "127.0.0.2"}, {"port": 10}, {"username": "x"}):
        answer = tenant.call("PATCH", path, json=change)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "password"
        given = {**change, "password": "secret-word"}
        tenant.done(tenant.call("PATCH", path, json=given))
    tenant.done(tenant.call("PATCH", path, json={"period_seconds": 60}))


def test_a_tenant_has_ten_and_sees_its_own(
    tenant: Client, admin: Client, service: Service
) -> None:
    body = {**NOWHERE, "password": "secret-word", "active": False}
    for at in range(10):
        tenant.done(tenant.post(mailboxes.PATH, {**body, "id": f"b{at}"}))
    answer = tenant.post(mailboxes.PATH, body)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many")
    tenant.done(tenant.call("DELETE", f"{mailboxes.PATH}/b9"))
    answer = tenant.post(mailboxes.PATH, {**body, "id": "b8"})
    assert (answer.status_code, answer.json()["code"]) == (409, "exists")
    other = service.client(tenant="default")
    for method, verb in (
        *(("GET", ""), ("PATCH", ""), ("DELETE", "")),
        *(("POST", "/poll"), ("POST", "/test")),
    ):
        path = f"{mailboxes.PATH}/b0{verb}"
        options: dict[str, tp.Any] = {"json": {}} if method == "PATCH" else {}
        assert other.call(method, path, **options).status_code == 404
    admin.done(admin.call("DELETE", f"/v1/tenants/{tenant.tenant}"))


def test_only_public_addresses_are_reached(
    services: Services, dovecot: Dovecot
) -> None:
    allowed = services.new("--networks", "127.0.0.0/8").start()
    box = Mailbox(allowed.client(tenant="default"), dovecot)
    box.add()
    allowed.stop()
    service = services.on(allowed.data, allowed.database).start()
    client = box.tenant = service.client(tenant="default")
    # The address is judged when it is connected to, whenever the mailbox was made.
    client.done(box.call("POST", "/poll"))
    assert box.failed()["last_error"] == (
        "127.0.0.1 has no public address, and the operator does not allow others"
    )
    assert "no public address" in box.test()["reason"]
    assert dovecot.sessions(box.user) == (1, 0)
    for host in ("127.0.0.1", "localhost", "169.254.169.254", "::1"):
        refused = client.post(mailboxes.PATH, box.body(id="other", host=host))
        assert refused.json()["errors"][0]["message"] == "not a public address"


def test_commands(cli: Cli, dovecot: Dovecot, tenant: Client) -> None:
    box = Mailbox(tenant, dovecot)
    dovecot.deliver(box.user, LETTER)
    authority = cli.home / "ca.pem"
    authority.write_text(dovecot.ca)
    options = ("--host", "127.0.0.1", "--username", box.user, "--after", "delete")
    port = str(dovecot.ports["imap", "implicit"])
    more = ("--port", port, "--ca-file", str(authority), "--password-file", "-")
    cli.done("bounce-mailboxes", "add", "box", *options, *more, given=PASSWORD)
    waiting.until(lambda: box.shown()["polled_at"], "it to be read")
    assert cli.done("bounce-mailboxes", "test", "box") == "box can be read: 1 mails\n"
    cli.done("bounce-mailboxes", "poll", "box")
    shown = cli.json("bounce-mailboxes", "show", "box")
    assert (shown["others"], shown["state"]) == (1, "active")
    assert cli.json("bounce-mailboxes", "list")[0]["id"] == "box"
    cli.done("bounce-mailboxes", "change", "box", "--folder", "None")
    said = cli.fails(1, "bounce-mailboxes", "test", "box")
    assert said.startswith("box cannot be read: 127.0.0.1")
    cli.done("bounce-mailboxes", "remove", "box")
