# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Accounts and aliases in exim's tables."""

import typing as tp

from exordos_mail.dataplane.engine import cdb, layout, spec
from exordos_mail.dataplane.services.exim import principals
from exordos_mail.protocol import documents

LAYOUT = layout.Layout()
HASH = "$6$salt$" + "a" * 86
UUID = "5b0dbd0a-5b7e-4c54-8a31-8ed8e4b2a2a1"
ACCOUNTS = {
    "alice": {"password_hash": HASH, "mailbox": UUID},
    "off": {"mailbox": UUID},
    "reader": {"password_hash": HASH, "mailbox": UUID, "suspended": "read_only"},
    "later": {"password_hash": HASH, "mailbox": UUID, "suspended": "defer"},
    "gone@second.org": {"password_hash": HASH, "mailbox": UUID, "suspended": "refuse"},
    "relay": {"password_hash": HASH, "bounce_to": "ann@example.net"},
    "apps": {
        "app_passwords": [
            {
                "hash": "a" * 64,
                "scopes": ["smtp"],
                "expires_at": 99,
                "sender": "x@y.org",
            },
            {"hash": "b" * 64, "scopes": ["smtp"], "expires_at": None, "sender": None},
            {"hash": "c" * 64, "scopes": ["imap"], "expires_at": None, "sender": None},
        ]
    },
}
APPS = {
    "app-" + "a" * 64 + ":apps@example.com": "99 - x@y.org",
    "app-" + "b" * 64 + ":apps@example.com": f"{1 << 62} - ",
}
BOUNCES = {"bounce:relay@example.com": "<ann@example.net>"}
ALIASES = {
    "*@second.org": {"targets": ["alice@example.com"]},
    "sales": {"targets": ["|x@example.org", "alice@example.com"], "send_as": True},
}


def _rows(mailboxes: spec.MailboxSettings | None) -> dict[str, dict[str, str]]:
    """Return the rows of the files, by the files' directories."""
    wanted = spec.MailSpec("example.com", (), "1 / 1h", mailboxes=mailboxes)
    who = principals.Principals(
        principals.Buckets.of(ACCOUNTS), principals.Buckets.of(ALIASES)
    )
    found: dict[str, dict[str, str]] = {"passwd": {}, "aliases": {}}
    for path, recipe in principals.tree(wanted, who, LAYOUT).items():
        if path.endswith(".cdb"):
            rows = dict(cdb.items(recipe.make().content))
            texts = {key.decode(): value.decode() for key, value in rows.items()}
            found[path.split("/")[-2]] |= texts
    return found


def test_who_submits_and_who_receives() -> None:
    rows = _rows(spec.MailboxSettings())["passwd"]
    assert rows == {
        "alice@example.com": HASH,
        "relay@example.com": HASH,
        **APPS,
        "mailbox:alice@example.com": f"deliver {UUID}",
        "mailbox:off@example.com": f"deliver {UUID}",
        "mailbox:reader@example.com": f"deliver {UUID}",
        "mailbox:later@example.com": f"defer {UUID}",
        "mailbox:gone@second.org": f"refuse {UUID}",
        **BOUNCES,
    }


def test_without_mailboxes_nobody_receives() -> None:
    rows = _rows(None)["passwd"]
    submit = {"alice@example.com": HASH, "relay@example.com": HASH, **APPS}
    assert rows == {**submit, **BOUNCES}


def test_people_read_of_passwords_alone() -> None:
    wanted = spec.MailSpec("example.com", (), "1 / 1h")
    who = principals.Principals(
        principals.Buckets.of(ACCOUNTS), principals.Buckets.of({})
    )
    text = principals.tree(wanted, who, LAYOUT)[LAYOUT.passwd].make().content.decode()
    assert sorted(text.splitlines()) == [
        f"alice@example.com:{HASH}",
        f"relay@example.com:{HASH}",
    ]


def test_targets_stand_in_brackets() -> None:
    assert _rows(None)["aliases"] == {
        "to:*@second.org": "<alice@example.com>",
        "to:sales@example.com": "<|x@example.org>,<alice@example.com>",
        "send-as:sales@example.com": "<|x@example.org>,<alice@example.com>",
    }


def _keys(mailboxes: spec.MailboxSettings | None, **changes: tp.Any) -> dict[str, str]:
    wanted = spec.MailSpec("example.com", (), "1 / 1h", mailboxes=mailboxes)
    who = principals.Principals(
        principals.Buckets.of(ACCOUNTS), principals.Buckets.of({**ALIASES, **changes})
    )
    tree = principals.tree(wanted, who, LAYOUT)
    return {path: recipe.key for path, recipe in tree.items()}


def test_a_changed_alias_changes_its_bucket_only() -> None:
    before, after = _keys(None), _keys(None, sales={"targets": ["bob@example.com"]})
    changed = [path for path in before if before[path] != after[path]]
    assert changed == [LAYOUT.aliases_cdb(documents.bucket("sales"))]


def test_the_switch_of_mailboxes_changes_the_tables() -> None:
    before, after = _keys(None), _keys(spec.MailboxSettings())
    path = LAYOUT.passwd_cdb(documents.bucket("alice"))
    assert before[path] != after[path]
