# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a submitted message lacks is added, what nobody may see is removed."""

import email
import email.policy

import pytest

from tests.integration.exim import fixtures


def _delivered(internet, message: str) -> email.message.EmailMessage:
    code, text = fixtures.submit(message)
    assert code == 250, text
    _, content = internet.next_message()
    return email.message_from_bytes(content, policy=email.policy.default)


def test_date_and_message_id_are_added(mail, internet):
    message = _delivered(internet, "From: alice@example.com\r\n\r\nhello\r\n")
    assert message["Date"].datetime is not None
    assert message["Message-ID"].endswith("@example.com>")


def test_given_date_and_message_id_stay(mail, internet):
    message = _delivered(
        internet,
        "From: alice@example.com\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n"
        "Message-ID: <mine@client.test>\r\n\r\nhello\r\n",
    )
    assert message["Date"].datetime.day == 20
    assert message["Message-ID"] == "<mine@client.test>"


def test_missing_from_is_the_account(mail, internet):
    message = _delivered(internet, "Subject: no author\r\n\r\nhello\r\n")
    assert message["From"] == "alice@example.com"


def test_bcc_is_removed(mail, internet):
    message = _delivered(
        internet,
        "From: alice@example.com\r\nBcc: secret@elsewhere.test\r\n"
        "Resent-Bcc: secret@elsewhere.test\r\nTo: bob@elsewhere.test\r\n\r\nhello\r\n",
    )
    assert message["Bcc"] is None
    assert message["Resent-Bcc"] is None
    assert message["To"] == "bob@elsewhere.test"


def test_no_sender_header_is_added(mail, internet):
    message = _delivered(internet, "From: Alice <alice@example.com>\r\n\r\nhello\r\n")
    assert message["Sender"] is None


def test_resent_message_gets_date_and_message_id(mail, internet):
    """RFC 6409 section 8; exim adds the Resent- ones only."""
    message = _delivered(
        internet,
        "From: alice@example.com\r\nResent-From: alice@example.com\r\n\r\nx\r\n",
    )
    assert message["Date"].datetime is not None
    assert message["Message-ID"].endswith("@example.com>")


def test_claims_about_the_message_are_removed(mail, internet):
    """RFC 8601 section 5: what was found out is not for a sender to say."""
    claims = {
        "Authentication-Results": "example.com; dkim=pass header.d=bank.test",
        "DKIM-Signature": "v=1; a=rsa-sha256; d=bank.test; s=x; h=from; bh=x; b=x",
        "ARC-Seal": "i=1; a=rsa-sha256; cv=none; d=bank.test; s=x; b=x",
        "ARC-Message-Signature": "i=1; a=rsa-sha256; d=bank.test; s=x; b=x",
        "ARC-Authentication-Results": "i=1; example.com; dmarc=pass",
        "Received-SPF": "pass (bank.test)",
    }
    lines = "".join(f"{name}: {text}\r\n" for name, text in claims.items())
    message = _delivered(
        internet, f"From: alice@example.com\r\n{lines}{lines.lower()}\r\nhello\r\n"
    )
    assert "bank.test" not in message.as_string()
    assert len(message.get_all("DKIM-Signature")) == 2
    for name in set(claims) - {"DKIM-Signature"}:
        assert message[name] is None


@pytest.mark.parametrize(("count", "code"), [(100, 250), (101, 554)])
def test_message_that_goes_in_circles_is_refused(mail, internet, count, code):
    """RFC 5321 section 6.3: at least a hundred are taken."""
    trace = "Received: from a.test by b.test; Fri, 20 Nov 2026 10:00:00 +0000\r\n"
    message = f"{trace * count}From: alice@example.com\r\n\r\nx\r\n"
    assert fixtures.submit(message)[0] == code
    if code == 250:
        internet.next_message()
