# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Documents of accounts and aliases: what a node takes, and what it makes of them."""

import typing as tp

import pytest

from exordos_mail.dataplane.engine import accounts, aliases, spec

PRIMARY = "example.com"
HASH = "$6$salt$" + "x" * 86
UUID = "5b0dbd0a-5b7e-4c54-8a31-8ed8e4b2a2a1"


def _account(**document: tp.Any) -> accounts.Account:
    accounts.check("alice", document, PRIMARY)
    (one,) = accounts.of_bucket({"alice": document}, PRIMARY)
    return one


@pytest.mark.parametrize(
    ("document", "sends", "reads"),
    [
        ({"mailbox": UUID, "app_passwords": []}, True, True),
        ({"password_hash": HASH}, True, False),
        ({"password_hash": HASH, "mailbox": UUID}, True, True),
        # Nobody logs in: there is no password.
        ({"mailbox": UUID}, True, True),
        (
            {"password_hash": HASH, "mailbox": UUID, "suspended": "read_only"},
            False,
            True,
        ),
        ({"password_hash": HASH, "mailbox": UUID, "suspended": "defer"}, False, False),
        ({"password_hash": HASH, "mailbox": UUID, "suspended": "refuse"}, False, False),
        ({"password_hash": HASH, "suspended": "refuse"}, False, False),
    ],
)
def test_who_sends_and_who_reads(
    document: dict[str, tp.Any], sends: bool, reads: bool
) -> None:
    one = _account(**document)
    assert (one.sends, one.reads) == (sends, reads)


def test_an_account_outside_the_primary_domain_has_its_address_as_key() -> None:
    found = {"alice": {"mailbox": UUID}, "bob@second.org": {"mailbox": UUID}}
    logins = [one.login for one in accounts.of_bucket(found, PRIMARY)]
    assert logins == ["alice@example.com", "bob@second.org"]


@pytest.mark.parametrize(
    "document",
    [
        {},
        None,
        {"password_hash": ""},
        {"password_hash": None, "mailbox": UUID},
        {"password_hash": HASH + "\n"},
        {"mailbox": ""},
        {"mailbox": "../../etc"},
        {"mailbox": UUID.upper()},
        {"mailbox": UUID, "quota_bytes": 0},
        {"mailbox": UUID, "quota_bytes": True},
        {"mailbox": UUID, "quota_messages": "5"},
        {"mailbox": UUID, "quota_messages": 1 << 63},
        {"mailbox": UUID, "suspended": "a while"},
        {"mailbox": UUID, "bounce_to": "nowhere"},
        {"mailbox": UUID, "bounce_to": "a@example.net>,<b@example.net"},
        {"mailbox": UUID, "bounce_to": "|x@example.net"},
        {"mailbox": UUID, "bounce_to": None},
        {"bounce_to": ["a@example.net"]},
        {"mailbox": UUID, "suspended": []},
        {"mailbox": UUID, "shell": "/bin/sh"},
        {"quota_bytes": 5},
    ],
)
def test_a_bad_document_of_an_account_is_refused(document: tp.Any) -> None:
    with pytest.raises(spec.SpecError):
        accounts.check("alice", document, PRIMARY)


@pytest.mark.parametrize("key", ["", "a b", "alice@example.com", "*", "a/b@second.org"])
def test_a_bad_key_of_an_account_is_refused(key: str) -> None:
    with pytest.raises(spec.SpecError):
        accounts.check(key, {"mailbox": UUID}, PRIMARY)


def test_what_an_alias_is() -> None:
    document = {"targets": ["ann@example.com", "Bob.X@example.org"], "send_as": True}
    aliases.check("*@second.org", document, PRIMARY)
    (one,) = aliases.of_bucket({"*": {"targets": ["a@b.org"]}}, PRIMARY)
    assert one == aliases.Alias("*@example.com", ("a@b.org",))
    (one,) = aliases.of_bucket({"*@second.org": document}, PRIMARY)
    assert one.address == "*@second.org" and one.send_as


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        {"targets": []},
        {"targets": "a@example.com"},
        {"targets": ["a@example.com"] * 1001},
        {"targets": ["alice"]},
        {"targets": ["a@EXAMPLE.com"]},
        {"targets": ["a@example.com, b@example.com"]},
        {"targets": ["ä@example.com"]},
        {"targets": [":include:/etc/passwd"]},
        {"targets": ["a@example.com\nb@example.com"]},
        {"targets": ["a@example.com"], "send_as": 1},
        {"targets": ["a@example.com"], "pipe": "x"},
    ],
)
def test_a_bad_document_of_an_alias_is_refused(document: tp.Any) -> None:
    with pytest.raises(spec.SpecError):
        aliases.check("sales", document, PRIMARY)


@pytest.mark.parametrize("key", ["", "**", "sa les", "*@example.com", "sales@*"])
def test_a_bad_key_of_an_alias_is_refused(key: str) -> None:
    with pytest.raises(spec.SpecError):
        aliases.check(key, {"targets": ["a@example.com"]}, PRIMARY)


@pytest.mark.parametrize(
    "mailboxes",
    [[], {}, {"quota_bytes": 5}, {"quota_bytes": 0, "quota_messages": None}],
)
def test_bad_settings_of_mailboxes_are_refused(mailboxes: tp.Any) -> None:
    settings = {"domain": PRIMARY, "rate_limit": "1000 / 1h", "mailboxes": mailboxes}
    with pytest.raises(spec.SpecError):
        spec.parse(settings, has_keys=True)
    settings["mailboxes"] = {"quota_bytes": 5, "quota_messages": None}
    assert spec.parse(settings, has_keys=True).mailboxes == spec.MailboxSettings(5)


_APP = {"hash": "a" * 64, "scopes": ["imap"], "expires_at": None, "sender": None}


def test_an_account_may_have_app_passwords_alone() -> None:
    one = _account(app_passwords=[_APP])
    assert one.password_hash == ""
    (app,) = one.app_passwords
    assert (app.digest, app.scopes, app.expires_at, app.sender) == (
        "a" * 64,
        ("imap",),
        0,
        "",
    )


@pytest.mark.parametrize(
    "change",
    [
        {"hash": "A" * 64},
        {"hash": "a" * 63},
        {"scopes": []},
        {"scopes": ["imap", "shell"]},
        {"scopes": "imap"},
        {"expires_at": 0},
        {"expires_at": "tomorrow"},
        {"sender": "alice"},
        {"sender": "a@b.org c@d.org"},
        {"more": 1},
    ],
)
def test_a_bad_app_password_is_refused(change: dict[str, tp.Any]) -> None:
    with pytest.raises(spec.SpecError):
        accounts.check("alice", {"app_passwords": [{**_APP, **change}]}, PRIMARY)


def test_too_many_app_passwords_are_refused() -> None:
    with pytest.raises(spec.SpecError):
        accounts.check("alice", {"app_passwords": [_APP] * 51}, PRIMARY)
