# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A message of an account reaches somebody else, who finds it genuine."""

import email.message
import email.utils
import os
import re
import secrets

import pytest

from tests.e2e import harness as harness_module
from tests.e2e import remote_hosts
from tests.functional import api as api_module
from tests.functional import resources, smtp, waiting

REMOTES = remote_hosts.NAMES


def compose(sender: str, recipient: str) -> list[str]:
    """Return a small message as lines."""
    message = email.message.EmailMessage()
    message["From"] = f"The Account <{sender}>"
    message["To"] = recipient
    message["Subject"] = "Grüße from the end to end test"
    message["Date"] = email.utils.localtime()
    message["Message-ID"] = email.utils.make_msgid(domain=sender.partition("@")[2])
    message.set_content("A line.\n.a line that begins with a dot\nThe last line.\n")
    return message.as_bytes().decode("ascii", "strict").splitlines()


def send(account: resources.Account, port: int, *recipients: str) -> None:
    """Submit a message; it must be taken."""
    with account.session(port) as session:
        reply = smtp.envelope(session, account.login, *recipients)
        assert reply[0] == 250, reply
        reply = smtp.data(session, compose(account.login, recipients[0]))
        assert reply[0] == 250, reply


def test_exim_asks_the_nodes_own_resolver(node: harness_module.Node) -> None:
    """systemd has mounted it over what the rest of the node asks."""
    proved = "/etc/unbound/exordos_mail/resolv.conf"
    seen = "/proc/$(cat /run/exim4/exim.pid)/root/etc/resolv.conf"
    waiting.until(
        "exim asks the resolver that has proved the root",
        lambda: node.run("sh", "-c", f"cmp {proved} {seen}", check=False).returncode,
        good=lambda status: status == 0,
    )
    assert "127.0.0.1" not in node.shell("cat /etc/resolv.conf")


@pytest.mark.parametrize("port", [smtp.SUBMISSION, smtp.SUBMISSIONS])
@pytest.mark.parametrize("remote", REMOTES)
def test_remote_host_finds_dkim_twice_and_spf_good(
    harness: harness_module.Harness,
    api: api_module.Api,
    published: None,
    instance: resources.Instance,
    steady: resources.Account,
    remote: str,
    port: int,
) -> None:
    domain = remote_hosts.domain(remote)
    recipient = f"bob-{secrets.token_hex(4)}@{domain}"
    send(steady, port, recipient)
    headers, _ = remote_hosts.received(harness, remote, recipient)
    results = " ".join(headers["authentication-results"])
    assert results.count("dkim=pass") == 2, results
    assert "dkim=fail" not in results
    assert "spf=pass" in results, results
    signatures = headers["dkim-signature"]
    assert len(signatures) == 2
    keys = api.get(instance.path)["dkim_keys"]
    assert {re.search(r"\bs=([^;\s]+)", one)[1] for one in signatures} == {  # type: ignore[index]
        key["selector"] for key in keys
    }
    for one in signatures:
        assert re.search(rf"\bd={re.escape(instance.domain)}\b", one)


def test_message_does_not_tell_who_submitted_it(
    harness: harness_module.Harness, published: None, steady: resources.Account
) -> None:
    """Neither the client's address nor a blind copy goes out."""
    domain = remote_hosts.domain("MX1")
    recipient, hidden = (f"{who}-{secrets.token_hex(4)}@{domain}" for who in "ab")
    with steady.session() as session:
        assert smtp.envelope(session, steady.login, recipient, hidden)[0] == 250
        lines = compose(steady.login, recipient)
        assert smtp.data(session, [f"Bcc: {hidden}", *lines])[0] == 250
    for who in (recipient, hidden):
        headers, record = remote_hosts.received(harness, "MX1", who)
        assert "bcc" not in headers
        if who == recipient:
            text = harness.host("cat", record["path"]).stdout
            assert hidden not in text


def test_one_message_to_many_recipients_arrives_once_each(
    harness: harness_module.Harness, published: None, steady: resources.Account
) -> None:
    targets = [
        (remote, f"m{number}-{secrets.token_hex(4)}@{domain}")
        for remote in REMOTES
        for domain in [remote_hosts.domain(remote)]
        for number in range(5)
    ]
    send(steady, smtp.SUBMISSION, *(recipient for _, recipient in targets))
    for remote, recipient in targets:
        remote_hosts.received(harness, remote, recipient)
        host = os.environ[f"EXORDOS_STAND_{remote}"]
        shown = harness.ctl("mail", host, "--to", recipient)
        assert len(shown.stdout.splitlines()) == 1


def test_an_account_reads_what_became_of_its_mail(
    api: api_module.Api,
    published: None,
    instance: resources.Instance,
    steady: resources.Account,
) -> None:
    """What the remote has said, of each recipient, also of the one who is not there."""
    domain = remote_hosts.domain("MX2")
    taken = f"bob-{secrets.token_hex(4)}@{domain}"
    refused = f"unknown@{domain}"
    send(steady, smtp.SUBMISSION, taken, refused)
    path = f"{instance.path}/deliveries/?login={steady.login}&recipient="
    for recipient, state, code in (
        (taken, "delivered", 250),
        (refused, "bounced", 550),
    ):
        found = waiting.until(
            f"what became of mail to {recipient} is known",
            lambda recipient=recipient: api.get(path + recipient),  # type: ignore[misc]
            good=bool,
        )[0]
        assert (found["state"], found["code"]) == (state, code), found
        assert found["host"] == os.environ["EXORDOS_STAND_MX2"]


def test_refused_recipient_comes_back_to_nobody_but_is_logged(
    harness: harness_module.Harness,
    published: None,
    instance: resources.Instance,
    steady: resources.Account,
) -> None:
    """A bounce has nowhere to go (no mailboxes here) and must not stay queued."""
    node = harness_module.Node(harness, instance.uuid)
    domain = remote_hosts.domain("MX2")
    send(steady, smtp.SUBMISSION, f"unknown@{domain}")
    waiting.until(
        "the refusal is logged and the queue is empty",
        lambda: node.shell(
            "grep -c '\\*\\* unknown@' /var/log/exim4/mainlog; exim4 -bpc"
        ).split(),
        good=lambda counts: int(counts[0]) >= 1 and counts[1] == "0",
    )
