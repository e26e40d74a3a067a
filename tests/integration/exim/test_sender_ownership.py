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

"""An account sends as itself: in the envelope and in what the reader sees."""

import pytest

from tests.integration.exim import fixtures, payloads


@pytest.mark.parametrize(
    "sender",
    ["bob@example.com", "alice@elsewhere.test", "", "alice", "alice@mail.example.com"],
)
def test_foreign_envelope_sender_is_refused(mail, sender):
    code, text = fixtures.submit("From: alice@example.com\r\n\r\nx\r\n", sender=sender)
    assert code in (501, 550), text


@pytest.mark.parametrize(
    "headers",
    [
        "From: bob@example.com",
        "From: alice@elsewhere.test",
        "From: alice@example.com, bob@example.com",
        "From: bob@example.com, alice@example.com",
        "From: alice@example.com\r\nFrom: bob@elsewhere.test",
        "From: bob@elsewhere.test\r\nFrom: alice@example.com",
        "From: alice@example.com\r\nfrom: alice@example.com",
        "From: alice@example.com <bob@elsewhere.test>",
        "From: <bob@elsewhere.test> alice@example.com",
        "From: alice@example.com, bob@@elsewhere.test",
        "From:",
        "From: undisclosed:;",
        "From : bob@elsewhere.test",
        "From: alice@example.com\r\n , bob@elsewhere.test",
        "From: alice@example.com\r\nSender: bob@elsewhere.test",
        "From: alice@example.com\r\nSender: alice@example.com, bob@elsewhere.test",
    ],
)
def test_foreign_author_is_refused(mail, headers):
    code, text = fixtures.submit(f"{headers}\r\nSubject: x\r\n\r\nx\r\n")
    assert code == 550, text


@pytest.mark.parametrize(
    "headers",
    [
        "From: alice@example.com",
        "From: Alice <Alice@EXAMPLE.com>",
        "From: =?utf-8?q?Alice=2C_of_bob=40elsewhere=2Etest?= <alice@example.com>",
        'From: "Doe, Alice" <alice@example.com> (at work)',
        "From: alice@example.com\r\nSender: Alice <alice@example.com>",
    ],
)
def test_own_address_is_accepted_in_every_spelling(mail, headers):
    code, text = fixtures.submit(f"{headers}\r\nSubject: x\r\n\r\nx\r\n")
    assert code == 250, text


def test_case_of_the_envelope_sender_does_not_matter(mail):
    message = "From: alice@example.com\r\n\r\nx\r\n"
    assert fixtures.submit(message, sender="Alice@Example.com")[0] == 250


def test_another_account_is_foreign_too(machine):
    machine.apply(payloads.payload({"alice": payloads.PASSWORD, "bob": "b"}))
    message = "From: bob@example.com\r\n\r\nx\r\n"
    assert fixtures.submit(message)[0] == 550
    assert fixtures.submit(message, sender="bob@example.com")[0] == 550
