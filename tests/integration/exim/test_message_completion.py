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

"""What a submitted message lacks is added, what nobody may see is removed."""

import email
import email.policy

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
