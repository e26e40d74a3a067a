# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Who calls, by the token, on a real database."""

import asyncio
import collections.abc as abc
import types
import typing as tp

import pytest

from exordos_mail.send import clock
from exordos_mail.send.api import principal
from exordos_mail.send.api.problem import Problem
from exordos_mail.send.keys import auth
from exordos_mail.send.keys import records as keys
from exordos_mail.send.storage import sqlite
from exordos_mail.standards import api_key
from tests.unit.send import memory_database

NOW = 1_800_000_000_000
ADMIN, METRICS = "exm_admin", "exm_metrics"
DEFAULT = memory_database.LANE.tenant_id


@pytest.fixture
def tx(monkeypatch: pytest.MonkeyPatch) -> abc.Iterator[sqlite.SqliteTransaction]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with memory_database.transaction() as found:
        yield found


def _service(tx: sqlite.SqliteTransaction) -> tp.Any:
    return types.SimpleNamespace(
        base=memory_database.Units(tx),
        admin_digest=api_key.digest(ADMIN),
        metrics_digest=api_key.digest(METRICS),
    )


def _add(
    tx: sqlite.SqliteTransaction,
    name: str,
    expires_at: int | None = None,
    **more: tp.Any,
) -> str:
    scopes = more.pop("scopes", [api_key.SEND])
    row = keys.KeyRow(
        id=name,
        tenant_id=DEFAULT,
        name=name,
        hash=api_key.digest(f"exm_{name}"),
        scopes=keys.scopes_of(scopes),
        created_at=NOW,
        expires_at=expires_at,
        **more,
    )
    keys.add(tx, row)
    return f"Bearer exm_{name}"


def _who(tx: sqlite.SqliteTransaction, header: str | None) -> principal.Principal:
    return asyncio.run(auth.authenticate(_service(tx), header))


def _status(tx: sqlite.SqliteTransaction, header: str | None) -> int:
    with pytest.raises(Problem) as caught:
        _who(tx, header)
    return caught.value.status


def test_admin_and_key_are_known(tx: sqlite.SqliteTransaction) -> None:
    assert _who(tx, f"Bearer {ADMIN}") == principal.ADMIN
    header = _add(tx, "k", scopes=[api_key.SEND, api_key.READ])
    found = _who(tx, header.replace("Bearer", "bearer"))
    assert (found.actor, found.tenant_id) == ("key:k", DEFAULT)
    assert found.scopes == {api_key.SEND, api_key.READ}
    assert found.key_id == "k" and not found.is_admin
    assert principal.ADMIN.key_id is None


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        ADMIN,
        f"Basic {ADMIN}",
        f"Bearer{ADMIN}",
        f"Bearer {ADMIN}x",
        f"Bearer {METRICS}",
        f"Bearer {api_key.digest(ADMIN)}",
        "Bearer exm_nobody",
        "Bearer \udc80",
    ],
)
def test_anybody_else_is_not(tx: sqlite.SqliteTransaction, header: str | None) -> None:
    _add(tx, "k")
    assert _status(tx, header) == 401


@pytest.mark.parametrize(("after", "works"), [(1, True), (0, False), (-1, False)])
def test_key_works_until_its_end(
    tx: sqlite.SqliteTransaction, after: int, works: bool
) -> None:
    header = _add(tx, "k", NOW + after)
    if works:
        assert _who(tx, header).key_id == "k"
    else:
        assert _status(tx, header) == 401


def test_revoked_key_ends_with_those_that_it_has_made(
    tx: sqlite.SqliteTransaction,
) -> None:
    first = _add(tx, "first")
    made = _add(tx, "made", made_by="first")
    of_made = _add(tx, "of-made", made_by="made")
    other = _add(tx, "other")
    assert not keys.revoke(tx, "another-tenant", "first", NOW)
    assert _who(tx, first).key_id == "first"
    assert keys.revoke(tx, DEFAULT, "first", NOW)
    assert [_status(tx, one) for one in (first, made, of_made)] == [401] * 3
    assert _who(tx, other).key_id == "other"
    assert not keys.revoke(tx, DEFAULT, "first", NOW)


@pytest.mark.parametrize(
    ("principal", "scope", "wanted", "found"),
    [
        (principal.ADMIN, api_key.SEND, None, "default"),
        (principal.ADMIN, api_key.SEND, "acme", "acme"),
        (
            principal.Principal("key:k", "acme", frozenset({"send"})),
            "send",
            None,
            "acme",
        ),
        (
            principal.Principal("key:k", "acme", frozenset({"send"})),
            "send",
            "acme",
            "acme",
        ),
        (principal.Principal("key:k", "acme", frozenset({"send"})), "read", None, None),
        (
            principal.Principal("key:k", "acme", frozenset({"send"})),
            "send",
            "other",
            None,
        ),
        (principal.Principal("key:k", "acme", frozenset()), "send", "acme", None),
    ],
)
def test_whose_call_it_is(
    principal: principal.Principal, scope: str, wanted: str | None, found: str | None
) -> None:
    if found is not None:
        assert auth.tenant_of(principal, scope, wanted) == found
        return
    with pytest.raises(Problem) as caught:
        auth.tenant_of(principal, scope, wanted)
    assert caught.value.status == 403


def test_metrics_are_for_the_admin_and_the_metrics_token(
    tx: sqlite.SqliteTransaction,
) -> None:
    def who(header: str) -> principal.Principal:
        return asyncio.run(auth.may_read_metrics(_service(tx), header))

    assert who(f"Bearer {METRICS}") == principal.SCRAPER
    assert who(f"Bearer {ADMIN}") == principal.ADMIN
    key = _add(tx, "k", scopes=api_key.SCOPES)
    for header, status in ((key, 403), ("Bearer exm_nobody", 401)):
        with pytest.raises(Problem) as caught:
            who(header)
        assert caught.value.status == status
