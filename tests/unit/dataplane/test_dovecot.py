# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What Dovecot of a node is told: rows of accounts, and its configuration."""

import typing as tp

import pytest

from exordos_mail.dataplane.engine import accounts, cdb, spec
from exordos_mail.dataplane.services.dovecot import lookups, paths, render, sessions
from exordos_mail.protocol import documents
from exordos_mail.standards import address
from tests.unit.node_values import candidate_of, target_value

_HASH = "$6$salt$" + "x" * 86
_BOX = "5b0dbd0a-5b7e-4c54-8a31-8ed8e4b2a2a1"
_PATHS = paths.DovecotPaths()
_NAMES = render.HostNames("mx.example.net", "example.com")
_SITE = render.TlsSite(("mx.example.net",), "0123456789abcdef")


def _row(limits: tp.Any = (None, None), **fields: tp.Any) -> str:
    given = {"password_hash": _HASH, "mailbox": _BOX, **fields}
    account = accounts.Account("alice@example.com", **given)
    return lookups.row(account, spec.MailboxSettings(*limits))


def _conf(*others: render.TlsSite, names: render.HostNames = _NAMES) -> str:
    made = render.configuration((_SITE, *others), (), names, _PATHS)
    return made[_PATHS.conf].content.decode()


def test_row_of_an_account() -> None:
    assert _row() == f"mailbox={_BOX} hash={_HASH}"
    assert _row(suspended=accounts.Suspended.READ_ONLY) == _row()


@pytest.mark.parametrize(
    "fields",
    [
        {"password_hash": ""},
        {"suspended": accounts.Suspended.DEFER},
        {"suspended": accounts.Suspended.REFUSE},
    ],
)
def test_who_may_not_log_in_has_no_hash(fields: tp.Any) -> None:
    assert _row(**fields) == f"mailbox={_BOX}"


def test_who_has_no_mailbox_has_no_row() -> None:
    found = [
        accounts.Account("a@example.com", _HASH),
        accounts.Account("b@example.com"),
    ]
    assert lookups.rows(found, spec.MailboxSettings(5, 5)) == {}


@pytest.mark.parametrize(
    ("limits", "own", "rule"),
    [
        ((5, None), {}, "storage=5B"),
        ((None, 7), {}, "messages=7"),
        ((5, 7), {"quota_bytes": 6}, "storage=6B:messages=7"),
        ((None, None), {"quota_messages": 8}, "messages=8"),
    ],
)
def test_account_has_the_instances_limits_or_its_own(
    limits: tp.Any, own: tp.Any, rule: str
) -> None:
    assert _row(limits, **own) == f"{_row()} rule={rule}"


def test_a_quota_is_no_reason_to_end_a_session() -> None:
    def served(row: str) -> dict[str, set[str]]:
        return lookups.served(cdb.dumps([(b"alice@example.com", row.encode())]))

    assert served(_row()) == served(_row((5, 5)))
    assert served(_row()) != served(_row(password_hash=_HASH.replace("x", "y")))
    assert served(_row(password_hash="")) == {}


def test_one_bucket_is_made_anew_for_one_account_and_all_for_a_limit() -> None:
    def keys(**changes: tp.Any) -> dict[str, str]:
        limits = changes.pop("mailboxes", {"quota_bytes": None, "quota_messages": None})
        value = target_value(mailboxes=limits, **changes)
        tree = lookups.tree(candidate_of(value).payload, _PATHS)
        return {path: recipe.key for path, recipe in tree.items()}

    before = keys(accounts={"alice": _HASH})
    after = keys(accounts={"alice": _HASH.replace("x", "y")})
    changed = [path for path in before if before[path] != after[path]]
    assert changed == [_PATHS.accounts(documents.bucket("alice"))]
    limited = keys(
        accounts={"alice": _HASH},
        mailboxes={"quota_bytes": 5, "quota_messages": None},
    )
    assert all(before[path] != limited[path] for path in before)
    assert len(before) == documents.COUNT


def test_configurations_that_differ_have_other_revisions() -> None:
    other = render.TlsSite(("imap.second.org",), "fedcba9876543210")
    renewed = render.TlsSite(("imap.second.org",), "fedcba9876543211")
    names = render.HostNames("mx.example.net", "example.org")
    texts = [_conf(), _conf(other), _conf(renewed), _conf(names=names)]
    found = [render.revision(render.file(one.encode())) for one in texts]
    assert len(set(found)) == 4 and all(len(one) == 16 for one in found)


def test_certificate_of_another_name_is_shown_for_it() -> None:
    text = _conf(render.TlsSite(("a.example", "b.example"), "fedcba9876543210"))
    for name in ("a.example", "b.example"):
        begin = text.index(f"local_name {name} {{\n")
        block = text[begin : text.index("}\n", begin)]
        assert "ssl_cert = </etc/dovecot/exordos_mail/tls/fedcba9876543210.pem" in block
        assert "ssl_key = </etc/dovecot/exordos_mail/tls/fedcba9876543210.key" in block


def test_nothing_but_names_gets_into_the_configuration() -> None:
    for name in ("a b", "a.example {\n}\nssl = no", "", "A.example"):
        with pytest.raises(address.AddressPartError):
            render.TlsSite((name,), "0123456789abcdef")
        with pytest.raises(address.AddressPartError):
            render.HostNames(name, "example.com")


def test_who_is_logged_in() -> None:
    told = (
        "username\tproto\tpid\tip\n"
        "alice@example.com\timap\t71\t192.0.2.1\n"
        "Bob@example.com\tpop3\t72\t192.0.2.1\n"
        "\n"
        "odd\n"
    )
    assert sessions.parse(told) == [
        ("alice@example.com", 71),
        ("bob@example.com", 72),
    ]
    assert sessions.parse("") == []
