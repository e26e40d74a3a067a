# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What replies of real servers mean; only an address that is not there suppresses."""

import pytest

from exordos_mail.send.bounces import classes, reading, reply
from tests.unit.send import bounce_corpus as corpus

_EVERY = [
    pytest.param(style, cause, id=f"{style} {cause.name}")
    for style in corpus.STYLES
    for cause in corpus.CAUSES
]
#: Of the bounces of real servers, by what the recipient is called.
_REAL = {
    "unknown": classes.RECIPIENT,
    "plain": classes.RECIPIENT,
    "disabled": classes.RECIPIENT,
    "local": classes.RECIPIENT,
    "full": classes.MAILBOX_FULL,
    "policy": classes.POLICY,
    "rejected": classes.POLICY,
    "listed": classes.REPUTATION,
    "lying": classes.REPUTATION,
    "rate": classes.RATE,
    "later": classes.RATE,
    "spam": classes.CONTENT,
    "large": classes.CONTENT,
    "unrouteable": classes.INFRASTRUCTURE,
    "good": classes.UNKNOWN,
}
#: Replies of providers, and their class.
_REPLIES = [
    ("550-5.1.1 The email account that you tried to reach does not exist. Please try"
     " double-checking", "gmail-smtp-in.l.google.com", classes.RECIPIENT),
    ("550 5.2.1 The email account that you tried to reach is inactive",
     "gmail-smtp-in.l.google.com", classes.RECIPIENT),
    ("550-5.7.26 This mail has been blocked because the sender is unauthenticated",
     "gmail-smtp-in.l.google.com", classes.POLICY),
    ("452-4.2.2 The recipient's inbox is out of storage space. Please direct",
     "gmail-smtp-in.l.google.com", classes.MAILBOX_FULL),
    ("550 5.2.1 The user you are trying to contact is receiving mail at a rate that",
     "gmail-smtp-in.l.google.com", classes.RATE),
    ("550-5.7.1 likely suspicious due to the very low reputation of the sending domain",
     "gmail-smtp-in.l.google.com", classes.REPUTATION),
    ("550 5.5.0 Requested action not taken: mailbox unavailable",
     "hotmail-com.olc.protection.outlook.com", classes.RECIPIENT),
    ("550 Requested action not taken: mailbox unavailable",
     "mx00.gmx.net", classes.RECIPIENT),
    ("550 Requested action not taken: mailbox unavailable", "mx.example.net",
     classes.UNKNOWN),
    ("550 5.7.1 Service unavailable, Client host [192.0.2.1] blocked using Spamhaus",
     "x.protection.outlook.com", classes.REPUTATION),
    ("550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. (S3140)",
     "hotmail-com.olc.protection.outlook.com", classes.REPUTATION),
    ("550 5.4.1 Recipient address rejected: Access denied.",
     "x.mail.protection.outlook.com", classes.POLICY),
    ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address",
     "", classes.RECIPIENT),
    ("554 delivery error: dd This user doesn't have a yahoo.com account",
     "mta7.am0.yahoodns.net", classes.RECIPIENT),
    ("550 5.7.1 No such user!", "mx.yandex.ru", classes.RECIPIENT),
    ("550 5.7.1 No such user!", "mx.example.net", classes.POLICY),
    ("550 user not found", "mxs.mail.ru", classes.RECIPIENT),
    ("550 <ann@example.net> Recipient address rejected: User unknown in local table",
     "", classes.RECIPIENT),
    ("550 No Such User Here", "", classes.RECIPIENT),
    ("550 Unrouteable address", "", classes.RECIPIENT),
    ("Unrouteable address", "", classes.INFRASTRUCTURE),
    ("450 4.1.1 <a@example.net>: Recipient address rejected: unverified address: user"
     " unknown", "", classes.UNKNOWN),
    ("450 4.2.0 Greylisted, see http://postgrey.example", "", classes.RATE),
    ("550 5.1.8 Sender address rejected: Domain not found", "", classes.POLICY),
    ("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", "",
     classes.POLICY),
    ("550 5.1.1 <spam@virus.example>: User unknown", "", classes.RECIPIENT),
    ("550 5.1.1 rejected, sender is on a blocklist", "", classes.REPUTATION),
    ("550 5.1.1 relaying denied", "", classes.POLICY),
    ("552 5.2.3 Message exceeds maximum", "", classes.CONTENT),
    ("552 5.2.2 Over quota", "", classes.MAILBOX_FULL),
    ("552 something", "", classes.MAILBOX_FULL),
    ("550 5.0.0 what", "", classes.UNKNOWN),
    ("554 no", "", classes.UNKNOWN),
    ("551 user not local", "", classes.UNKNOWN),
    ("554 5.4.4 Host or domain name not found. Name service error for name=x", "",
     classes.INFRASTRUCTURE),
    ("retry timeout exceeded", "", classes.INFRASTRUCTURE),
    ("421 later", "", classes.INFRASTRUCTURE),
    ("", "", classes.UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("style", "cause"), _EVERY)
def test_each_server_and_cause(style: str, cause: corpus.Cause) -> None:
    (one,) = reading.read(corpus.letter(style, cause)).findings
    found = classes.classify(one.enhanced, one.code, one.text, one.server)
    assert found == cause.class_


@pytest.mark.parametrize(("text", "server", "class_"), _REPLIES)
def test_replies_of_real_servers(text: str, server: str, class_: str) -> None:
    code, enhanced = reply.codes(text)
    assert classes.classify(enhanced, code, text, server) == class_


@pytest.mark.parametrize("name", corpus.REAL)
def test_bounces_that_real_servers_wrote(name: str) -> None:
    _, *wanted = name.split("-")
    found = reading.read(corpus.REAL[name])
    assert found.kind == "bounce"
    assert found.ids[0].strip("<>").partition("@")[0] == corpus.ID
    assert all(one.sure for one in found.findings)
    said = [
        classes.classify(one.enhanced, one.code, one.text, one.server)
        for one in found.findings
    ]
    assert said == [_REAL[one] for one in wanted]


def test_status_that_the_reporting_server_made_up_says_nothing() -> None:
    """Sendmail writes 5.1.1 for a 550 without an enhanced code."""
    letter = corpus.REAL["sendmail-rejected"]
    assert b"Status: 5.1.1" in letter
    letter = letter.replace(b"Administrative prohibition", b"Go away")
    (one,) = reading.read(letter).findings
    found = classes.classify(one.enhanced, one.code, one.text, one.server)
    assert found == classes.UNKNOWN


def test_temporary_code_never_means_that_there_is_no_address() -> None:
    for code, enhanced in ((450, None), (None, "4.1.1"), (451, "4.1.1")):
        found = classes.classify(enhanced, code, "User unknown")
        assert found != classes.RECIPIENT


def test_only_two_classes_suppress() -> None:
    suppress = {name for name, found in classes.FOLLOWS.items() if found.suppress}
    assert suppress == {classes.RECIPIENT, classes.COMPLAINT}
    assert {rule.found for rule in classes.RULES} < set(classes.FOLLOWS)
    assert {rule.provider for rule in classes.RULES} <= {"", *classes.PROVIDERS}
