# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The command line against a running service."""

import email
import json
import os
import signal
import subprocess
import typing as tp

import pytest

from exordos_mail.send import clock
from tests.integration.send import command
from tests.integration.send.command import Cli
from tests.integration.send.receiver import Receiver, Reply
from tests.integration.send.service import CLIENT, Client, Service
from tests.integration.send.sink import Sink
from tests.integration.support import waiting

cli = command.cli
sending = command.sending

EML = b"""From: ann@example.com
To: bob@example.net
Bcc: carol@example.net
Subject: A file

Hello from a file.
"""


def test_file_is_sent_as_it_is(sending: Cli, sink: Sink) -> None:
    file = sending.home / "a.eml"
    file.write_bytes(EML)
    message_id = sending.json("messages", "send", str(file))["id"]
    sink.wait_for(1)
    assert sorted(sink.taken[0].recipients) == ["bob@example.net", "carol@example.net"]
    assert "Hello from a file." in sink.taken[0].text
    waiting.until(
        lambda: sending.json("messages", "show", message_id)["state"] == "sent",
        "the message to be sent",
    )
    listed = sending.done("messages", "list")
    assert listed.splitlines()[0].split()[:2] == ["ID", "STATE"]
    assert listed.splitlines()[1].split()[:2] == [message_id, "sent"]
    assert "bob@example.net" in sending.done("messages", "show", message_id)


def test_message_of_options(sending: Cli, sink: Sink) -> None:
    (sending.home / "note.txt").write_text("an attachment")
    options = ["--from", "ann@example.com", "--to", "bob@example.net"]
    options += ["--cc", "carol@example.net", "--subject", "Grüße", "--text", "-"]
    options += ["--attach", str(sending.home / "note.txt")]
    checked = sending.json("messages", "send", "--dry-run", *options, given="Hello.")
    assert checked["recipients"] == ["bob@example.net", "carol@example.net"]
    sending.done("messages", "send", *options, given="Hello.")
    sent = email.message_from_string(sink.wait_for(1)[0].text)
    assert [part.get_filename() for part in sent.walk()][-1] == "note.txt"


def test_messages_are_found_by_what_was_written_on_them(
    sending: Cli, sink: Sink
) -> None:
    options = ["--from", "a@example.com", "--to", "b@example.net", "--text", "-"]
    written = ["--reference", "order-4711", "--tag", "receipt", "--tag", "vip"]
    written += ["--metadata", "customer=42", "--metadata", "note=a=b"]
    made = sending.json("messages", "send", *options, *written, given="Hello.")["id"]
    sending.done("messages", "send", *options, given="Hello.")
    for given in (["--reference", "order-4711"], ["--tag", "vip"]):
        (found,) = sending.json("messages", "list", *given)
        assert (found["id"], found["tags"]) == (made, ["receipt", "vip"])
        assert found["metadata"] == {"customer": "42", "note": "a=b"}
    late = ["--at", clock.text(clock.now() + 3600_000), "--batch", "late", *written]
    sending.done("messages", "send", *options, *late, given="Hello.")
    wanted = ("--tag", "vip", "--batch", "late")
    assert sending.done("messages", "cancel-by", *wanted) == "cancelled 1, 0 left\n"
    wanted = ("--state", "cancelled")
    assert sending.done("messages", "remove-by", *wanted) == "removed 1, 0 left\n"
    assert sending.fails(2, "messages", "cancel-by")
    wrong = sending.fails(2, "messages", "send", *options, "--metadata", "customer")
    assert "NAME=TEXT" in wrong


def test_cancel_and_reschedule(sending: Cli, sink: Sink) -> None:
    options = ["--from", "a@example.com", "--to", "b@example.net", "--text", "-"]
    options += ["--at", "2037-01-01T00:00:00Z"]
    with pytest.raises(AssertionError, match="366 days"):
        sending.done("messages", "send", *options, given="Hello.")
    sending.done("queue", "suspend", "b1")
    options = [*options[:-2], "--batch", "b1"]
    first, second = (
        sending.json("messages", "send", *options, given="Hello.")["id"]
        for _ in range(2)
    )
    assert sending.json("queue", "suspensions")[0]["batch"] == "b1"
    assert sending.done("messages", "cancel", first) == f"cancelled {first}\n"
    changed = ("messages", "reschedule", second, "--priority", "high")
    assert sending.done(*changed) == f"{second} is suspended\n"
    assert sending.done("queue", "resume", "b1") == "resumed 1 messages\n"
    sink.wait_for(1)
    assert "too_late" in sending.fails(1, "messages", "cancel", first)
    counts = sending.json("queue", "stats")
    assert (counts["cancelled"], counts["suspended"]) == (1, 0)


def test_admin_sees_all_tenants(cli: Cli, tenant: Client) -> None:
    rows = cli.json("queue", "stats", "--all")
    assert tenant.tenant in [row["tenant"] for row in rows]
    assert cli.done("queue", "run-now") == "the queue is looked at\n"
    name = f"{tenant.tenant}-more"
    made = cli.json("tenants", "add", name, "--per-hour", "5", "--per-day", "50")
    assert (made["limit_minute"], made["limit_hour"], made["limit_day"]) == (
        None,
        5,
        50,
    )
    changed = cli.json("tenants", "change", name, "--per-day", "0", "--inactive")
    assert (changed["limit_hour"], changed["limit_day"]) == (5, None)
    assert not changed["active"]
    auth = ["--callback-url", "https://example.com/", "--callback-auth", "bearer"]
    auth += ["--callback-secret-file", "-"]
    made = cli.json("tenants", "change", name, *auth, given="hunter2")
    assert (made["callback_auth"], "hunter2" in str(made)) == ("bearer", False)
    assert (
        cli.json("tenants", "change", name, "--callback-url", "")["callback_url"]
        is None
    )
    assert name in cli.done("tenants", "list")
    cli.done("contexts", "use", f"/{name}")
    assert cli.done("contexts", "current") == f"here/{name}\n"
    assert cli.json("queue", "stats")["unfinished"] == 0
    cli.done("tenants", "remove", name)
    assert cli.fails(1, "tenants", "show", name) == "no such tenant (404 not_found)"


def test_key_goes_to_a_file_and_a_context_and_not_to_the_screen(cli: Cli) -> None:
    file = cli.home / "key"
    options = ["--scope", "read", "--key-file", str(file), "--as-context", "reader"]
    shown = cli.done("keys", "add", "reporting", *options)
    key = file.read_text().strip()
    assert key.startswith("exm_")
    assert file.stat().st_mode & 0o777 == 0o600
    assert key not in shown
    assert key not in cli.done("keys", "list")
    assert key not in cli.done("contexts", "list")
    assert cli.json("messages", "list", "--context", "reader") == []
    refused = cli.fails(1, "tenants", "list", "--context", "reader")
    assert refused == "only the admin token may do this (403 forbidden)"
    assert "already exists" in cli.fails(1, "keys", "add", "b", "--key-file", str(file))
    rows = cli.json("keys", "list")
    assert [row["name"] for row in rows] == ["reporting"]
    key_id = rows[0]["id"]
    cli.done("keys", "revoke", key_id)
    assert "(401 unauth" in cli.fails(1, "messages", "list", "--context", "reader")
    assert cli.fails(2, "keys", "add", "nowhere").startswith("give --key-file")


def test_password_is_neither_an_option_nor_shown(cli: Cli) -> None:
    options = ["--host", "mx.example.com", "--username", "ann", "--password-file", "-"]
    made = cli.done("relays", "add", "a1", *options, given="hunter2\n")
    assert "has_password" in made
    assert "hunter2" not in made
    (cli.home / "more").touch(0o600)
    (cli.home / "more").write_text('{"password": "hunter3", "timeout_seconds": 7}')
    options = ["--username", "bob", "--password-file", "-", "--data"]
    changed = cli.json(
        "relays", "change", "a1", *options, str(cli.home / "more"), given="hunter4"
    )
    assert (changed["username"], changed["timeout_seconds"]) == ("bob", 7)
    assert cli.fails(1, "relays", "add", "Wrong Id", "--host", "h").startswith(
        "some members of the request are wrong (422 invalid); id: "
    )


def test_suppressions(cli: Cli) -> None:
    cli.done("suppressions", "add", "Bob@example.net", "--reason", "asked")
    rows = cli.json("suppressions", "list")
    assert [(one["address"], one["reason"]) for one in rows] == [
        ("bob@example.net", "asked")
    ]
    cli.done("suppressions", "remove", "bob@example.net")
    assert cli.json("suppressions", "list") == []


def test_events_are_followed(sending: Cli, tenant: Client, sink: Sink) -> None:
    sent = tenant.send()
    tenant.wait(sent, "sent")
    printed = sending.done("events", "--last", "1", "--json").splitlines()
    last = json.loads(printed[0])
    assert (last["type"], len(printed)) == ("sent", 1)
    assert len(sending.done("events", "--after", "0").splitlines()) == 2
    command = ["events", "--follow", "--after", str(last["seq"]), "--json"]
    following = subprocess.Popen(
        # In the background of a script it would ignore the interruption.
        ["/usr/bin/env", "--default-signal=INT", *CLIENT, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=sending.environment,
    )
    try:
        later = tenant.send()
        stdout = tp.cast(tp.IO[str], following.stdout)
        first = json.loads(stdout.readline())
        assert (first["type"], first["message_id"]) == ("accepted", later)
        following.send_signal(signal.SIGINT)
        _, stderr = following.communicate(timeout=30)
    finally:
        following.kill()
        following.wait()
    assert following.returncode == 130
    assert stderr.strip() == "exordos-mail: interrupted"


def test_failures_are_one_line_without_the_token(cli: Cli, service: Service) -> None:
    away = f"http://127.0.0.1:{waiting.free_port()}"
    token = {"EXORDOS_MAIL_TOKEN": "exa_secret"}
    found = cli.fails(3, "tenants", "list", "--url", away, **token)
    assert found == f"cannot reach {away}: [Errno 111] Connection refused"
    assert "(401 unauthenticated)" in cli.fails(1, "tenants", "list", **token)
    assert cli.fails(1, "tenants", "list", "--url", away).startswith("no token for ")
    assert cli.fails(1, "tenants", "list", "--context", "x") == (
        "no context is called x: see `contexts list`"
    )
    assert cli.fails(1, "replay", os.devnull, "--token-file", os.devnull) == (
        "the token is not valid: it has ASCII without spaces alone"
    )
    (cli.home / "binary").touch(0o600)
    (cli.home / "binary").write_bytes(b"\xff\xfe")
    found = cli.fails(1, "tenants", "list", "--token-file", str(cli.home / "binary"))
    assert found == "input is not valid UTF-8"
    found = cli.fails(1, "tenants", "list", ALL_PROXY="socks9://u:hunter2@127.0.0.1")
    assert found == (
        "a variable, such as HTTPS_PROXY, names a proxy that cannot be used"
    )
    (cli.home / ".config/exordos-mail/contexts.json").chmod(0o644)
    assert "chmod 600" in cli.fails(1, "tenants", "list")


def test_answers_of_another_program(cli: Cli) -> None:
    stranger, other = Receiver(), Receiver()
    try:
        url = ["--url", stranger.url.removesuffix("/hook")]
        token = {"EXORDOS_MAIL_TOKEN": "exa_secret"}
        stranger.do(
            Reply(),
            Reply(body=b"[1]"),
            Reply(body=b'{"state": 5}'),
            Reply(302, {"location": other.url}),
            Reply(500, body=b"<html>\x1b[2J</html>"),
        )
        run_now, clean_up = ("queue", "run-now"), ("messages", "clean-up")
        for command in (run_now, run_now, (*clean_up, "--older-than", "5")):
            found = cli.fails(1, *command, *url, **token)
            assert found == "another program has answered: is the address right?"
        found = cli.fails(1, "queue", "run-now", *url, **token)
        assert found == ("the answer was 302 without a reason: is the address right?")
        found = cli.fails(3, "queue", "run-now", *url, **token)
        assert found == "the answer was 500 without a reason: try again later"
        # The token goes to no other address.
        assert other.deliveries == []
    finally:
        stranger.close()
        other.close()
