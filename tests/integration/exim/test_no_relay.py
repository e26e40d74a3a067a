# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Nobody without a login can send through this host, and nobody has a mailbox."""

import subprocess

import pytest

from exordos_mail.dataplane.services.exim import probe
from tests.integration.exim import fixtures


def _rcpt(recipient: str) -> tuple[int, bytes]:
    smtp = probe.connect(25)
    smtp.ehlo("client.test")
    assert smtp.mail("somebody@elsewhere.test")[0] == 250
    return smtp.docmd("RCPT", f"TO:<{recipient}>")


@pytest.mark.parametrize(
    "recipient",
    [
        "bob@elsewhere.test",
        "bob%elsewhere.test@another.test",
        '"bob@elsewhere.test"@another.test',
        "elsewhere.test!bob",
        "@example.com:bob@elsewhere.test",
        "bob@[192.0.2.25]",
    ],
)
def test_relaying_is_refused(mail, recipient):
    assert _rcpt(recipient)[0] in (501, 550)


@pytest.mark.parametrize(
    "recipient",
    ["alice@example.com", "nobody@example.com", "bob%elsewhere.test@example.com"],
)
def test_own_domain_has_no_mailboxes(mail, recipient):
    code, text = _rcpt(recipient)
    assert code == 550
    assert text.startswith(b"5.1.1 ")


def test_somebody_else_on_the_network_cannot_relay_either(mail, internet):
    answers = internet.run(
        "import smtplib\n"
        "s = smtplib.SMTP('192.0.2.1', 25, 'far.test')\n"
        "s.ehlo(); s.mail('a@elsewhere.test')\n"
        "print(s.rcpt('b@elsewhere.test')[0]); s.close()\n"
    )
    assert answers.split() == ["550"]


def test_local_programs_cannot_send(mail):
    before = len(mail.log())
    done = subprocess.run(
        ["/usr/sbin/exim4", "-bm", "bob@elsewhere.test"],
        input="Subject: local\n\nlocal\n",
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "takes no local mail" in mail.log()[before:]
    assert "for bob@elsewhere.test" not in mail.log()[before:]


def test_account_may_send_anywhere(mail, internet):
    assert fixtures.submit("From: alice@example.com\r\n\r\nhello\r\n")[0] == 250
    envelope, _ = internet.next_message()
    assert envelope["recipients"] == ["bob@elsewhere.test"]
    assert envelope["sender"] == "alice@example.com"
    assert envelope["helo"] == "example.com"
