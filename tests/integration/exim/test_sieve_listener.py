# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What Sieve scripts send: by the listener of the mailboxes, and by nobody else."""

import subprocess

import pytest

from tests.integration.exim import waiting

_SAY = """
import smtplib, sys
smtp = smtplib.SMTP("127.0.0.1", 10026, "localhost", timeout=10)
smtp.ehlo()
said = [smtp.mail(sys.argv[1]), smtp.rcpt(sys.argv[2])]
if said[1][0] == 250:
    said.append(smtp.data(sys.argv[3].replace("|", "\\r\\n")))
print(" ".join(str(code) for code, _ in said))
"""


def _by_script(sender: str, recipient: str, text: str, user: str = "vmail") -> str:
    """Send as a script of a mailbox does, or as somebody else; return the codes."""
    as_user = ["/usr/bin/setpriv", f"--reuid={user}", "--clear-groups"]
    command = [*as_user, "/usr/bin/python3", "-c", _SAY, sender, recipient, text]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


def test_script_of_a_mailbox_sends_on_and_answers(receiver, boxes, internet) -> None:
    redirected = "From: somebody@elsewhere.test||hello|"
    sent = _by_script("alice@example.com", "x@elsewhere.test", redirected)
    assert sent == "250 250 250"
    envelope, content = internet.next_message()
    assert envelope["sender"] == "alice@example.com"
    assert b"DKIM-Signature" not in content
    assert _by_script("", "x@elsewhere.test", "From: alice@example.com||away|") == (
        "250 250 250"
    )
    envelope, content = internet.next_message()
    assert envelope["sender"] == ""
    assert content.count(b"DKIM-Signature:") == 2
    assert _by_script("alice@example.com", "bob@example.com", redirected) == (
        "250 250 250"
    )
    waiting.until(lambda: boxes.counts() == {"bob@example.com": 1}, "bob has it")


@pytest.mark.parametrize(
    ("sender", "recipient", "codes"),
    [
        ("somebody@elsewhere.test", "x@elsewhere.test", "550 503"),
        ("dave@sends.org", "x@elsewhere.test", "550 503"),
        ("alice@example.com", "nobody@example.com", "250 550"),
        ("alice@example.com", "full@example.com", "250 552"),
        ("alice@example.com", "x@nowhere.invalid", "250 550"),
    ],
)
def test_what_no_script_sends(
    receiver, sender: str, recipient: str, codes: str
) -> None:
    assert _by_script(sender, recipient, "From: a@example.com||x|") == codes


@pytest.mark.parametrize("user", ["root", "nobody", "exordos-mail-send"])
def test_nobody_else_sends_as_a_script(receiver, user: str) -> None:
    sent = _by_script("alice@example.com", "x@elsewhere.test", "x", user)
    assert sent == "550 503"
