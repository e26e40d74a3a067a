# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An account sends as itself: in the envelope and in what the reader sees."""

import email
import email.policy

import pytest

from tests.integration.exim import fixtures, payloads


@pytest.mark.parametrize(
    "sender",
    ["bob@example.com", "alice@elsewhere.test", "alice", "alice@mail.example.com"],
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
        # No list, no group: not every reader finds the same address in it.
        "From: Team: alice@example.com;",
        "From: Team: Alice <alice@example.com>;",
        "From: alice@example.com,",
        "From: ,alice@example.com",
        "From: alice@example.com, ",
        "From: alice@example.com;",
        "From: (alice@example.com)",
        "From: Alice <alice@example.com> (Boss <bob@elsewhere.test>)",
        "From: alice@example.com (bob@elsewhere.test)",
        "From: bob@elsewhere.test (alice@example.com)",
        "From: Alice <@elsewhere.test:alice@example.com>",
        "From: alice (Alice) @example.com",
        "From: alice@example.com\r\nFrom: (nobody)",
        "From: (nobody)\r\nFrom: alice@example.com",
        "From: alice@example.com\r\nX: y\r\nFROM:\r\n bob@elsewhere.test",
        "From: <alice@example.com> <bob@elsewhere.test>",
        "From: Alice <alice@example.com> bob@elsewhere.test",
        "From: alice@example.com\0, bob@elsewhere.test",
        "From: alice@[127.0.0.1]",
        # exim would take this for the separator of a list.
        "From: <; bob@elsewhere.test ; alice@example.com",
        "From: </ bob@elsewhere.test",
        'From: <"bob"@example.com>',
        # Others take these for a second From:.
        "From: alice@example.com\r\nFrom : bob@elsewhere.test",
        "From: alice@example.com\r\nFrom\t: bob@elsewhere.test",
        "From: alice@example.com\r\nFrom\r\n : bob@elsewhere.test",
        "From: alice@example.com\r\nFrom\x0b: bob@elsewhere.test",
        "From: alice@example.com\r\nFrom\x0c: bob@elsewhere.test",
        "From: alice@example.com\r\nX: \0\r\nFrom : bob@elsewhere.test",
        "From : alice@example.com",
        "From: alice@example.com\r\nSender : bob@elsewhere.test",
        "From: alice@example.com\r\nReply-To : bob@elsewhere.test",
        "From: alice@example.com\r\nX-Anything : 1",
        "From: alice@example.com\r\nResent-From: bob@elsewhere.test",
        "From: alice@example.com\r\nResent-From : bob@elsewhere.test",
        "From: alice@example.com\r\nResent-Sender: bob@elsewhere.test",
        "From: alice@example.com\r\nResent-From: alice@example.com"
        "\r\nResent-From: bob@elsewhere.test",
        "From: alice@example.com\r\nSender: Team: alice@example.com;",
        "From: alice@example.com\r\nSender:",
        # Behind more than exim keeps in a variable.
        "From: alice@example.com" + "\r\nX: y" * 8000 + "\r\nFrom : bob@x.test",
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
        "From: alice@example.com\r\nResent-From: Alice <alice@example.com>",
        "from:alice@example.com",
        "From: <alice@example.com>",
        "From: Alice (Sales) <alice@example.com>",
        "From: alice@example.com (Doe, Alice)",
        "From: (Doe) alice@example.com",
        "From: Alice Q. Public\r\n <alice@example.com>",
        "From:\r\n\talice@example.com",
        "From: B\xfcro <alice@example.com>",
        'From: "alice@example.com" <alice@example.com>',
        'From: "a\\" <bob@elsewhere.test>" <alice@example.com>',
        "From: alice@example.com\r\nTo: undisclosed-recipients:;",
    ],
)
def test_own_address_is_accepted_in_every_spelling(mail, internet, headers):
    message = f"{headers}\r\nSubject: x\r\n\r\nx\r\n".encode("latin-1")
    code, text = fixtures.submit(message)
    assert code == 250, text
    _, content = internet.next_message()
    assert content.count(b"DKIM-Signature:") == 2
    parsed = email.message_from_bytes(content, policy=email.policy.default)
    (author,) = parsed["From"].addresses
    assert author.addr_spec.lower() == "alice@example.com"


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ("From: alice@example.com\r\nTo: <a@@b>", ['"To:"', "domain"]),
        ("From: alice@example.com\r\nCc: ok@x.test, a b c", ['"Cc:"', "a b c"]),
        ("From: alice@example.com\r\nReply-To: x y", ['"Reply-To:"', "x y"]),
        ("From: alice@example.com\r\nFrom: alice@example.com", ["more than one From:"]),
        ("From: Team: alice@example.com;", ["From:", "one address"]),
        ("From: alice@example.com\r\nSender: x@y.test", ["Sender:", "the account"]),
        ("From: alice@example.com\r\nX-A : 1", ["colon"]),
    ],
)
def test_refusal_says_which_header_and_what_is_wrong(mail, headers, words):
    code, text = fixtures.submit(f"{headers}\r\nSubject: x\r\n\r\nx\r\n")
    assert code == 550
    assert all(word in " ".join(text.split()) for word in words), text


def test_case_of_the_envelope_sender_does_not_matter(mail):
    message = "From: alice@example.com\r\n\r\nx\r\n"
    assert fixtures.submit(message, sender="Alice@Example.com")[0] == 250


def test_another_account_is_foreign_too(machine):
    machine.apply(payloads.payload({"alice": payloads.PASSWORD, "bob": "b"}))
    message = "From: bob@example.com\r\n\r\nx\r\n"
    assert fixtures.submit(message)[0] == 550
    assert fixtures.submit(message, sender="bob@example.com")[0] == 550
