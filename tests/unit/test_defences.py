# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Defences of the control plane that nothing else would miss at once."""

import json
import re
import sqlite3
import typing as tp
import uuid as sys_uuid

import pytest
from restalchemy.api import constants, contexts
import webob

from exordos_mail.controlplane.api import controllers, packers
from exordos_mail.controlplane.dm import declared, models, refusal
from exordos_mail.controlplane.documents import collection, registry
from exordos_mail.protocol import documents
from exordos_mail.schema import catalogue
from exordos_mail.schema.field import Kind

PROJECT = sys_uuid.UUID(int=2)
HASH = "$6$salt$" + "a" * 85 + "."

DECLARED = [declared.model_of(name) for name in catalogue.nouns()]


# --- refused declarations ---------------------------------------------------


@pytest.mark.parametrize("model", DECLARED)
def test_a_refused_declaration_reports_no_secret(
    model: tp.Any, caplog: pytest.LogCaptureFixture
) -> None:
    values = {name: f"SECRET-{name}" for name in refusal.SECRETS}
    refused = model.restore_from_simple_view(
        uuid=str(PROJECT), nothing="shown", **values
    )
    assert isinstance(refused, refusal.Refusal)
    reported = refused.dump_to_simple_view()
    assert "SECRET" not in json.dumps(reported, default=str)
    assert "SECRET" not in caplog.text
    assert reported["nothing"] == "shown"
    assert reported["status"] == "ERROR" and reported["status_reason"]


@pytest.mark.parametrize("model", DECLARED)
def test_every_secret_of_a_declaration_is_known_as_one(model: tp.Any) -> None:
    own = set(getattr(model, "__secret_fields__", ()))
    own |= {getattr(model, "__sealed_field__", None)} - {None, ""}
    assert own <= refusal.SECRETS
    sounds = {
        name
        for name in model.properties.properties
        if re.search("password|secret|hash", name) or name == "key"
    }
    sounds -= {one.name for one in model.__noun__.fields if one.kind is Kind.FLAG}
    assert sounds <= refusal.SECRETS


# --- answers ----------------------------------------------------------------

WRITE_ONLY = (
    (controllers.of("account"), {"password", "password_hash"}),
    (controllers.of("tenant"), {"callback_secret"}),
    (controllers.of("relay"), {"password"}),
)


def instance() -> models.MailInstance:
    """Return an instance that no database knows."""
    version = models.MailVersion(name="v", image="http://images.test/x")
    return models.MailInstance(
        name="m",
        project_id=PROJECT,
        domain="example.com",
        cpu=1,
        ram=1024,
        disk_size=10,
        version=version,
    )


def packer(controller: tp.Any, method: str, fields: tp.Iterable[str]) -> tp.Any:
    """Return what writes the answer to a request that asks for some fields."""
    query = "&".join(f"fields={name}" for name in fields)
    request = webob.Request.blank(f"/?{query}")
    request.api_context = contexts.RequestContext(request)
    request.api_context.set_active_method(method)
    return packers.MailPacker(controller.get_resource(), request=request)


@pytest.mark.parametrize(
    "method",
    [constants.CREATE, constants.UPDATE, constants.GET, constants.FILTER],
)
def test_no_answer_shows_a_write_only_secret(method: str) -> None:
    account = models.MailAccount(
        instance=instance(), username="alice", password_hash=HASH
    )
    shown = ("username", "password", "password_hash")
    answer = packer(controllers.of("account"), method, shown).pack(account)
    assert json.loads(answer) == {"username": "alice"}


@pytest.mark.parametrize(("controller", "secrets"), WRITE_ONLY)
@pytest.mark.parametrize("method", [constants.CREATE, constants.UPDATE])
def test_secrets_can_be_set_and_are_no_field_of_the_answer(
    controller: tp.Any, secrets: set[str], method: str
) -> None:
    found = packer(controller, method, ())
    assert secrets <= {name for name, _ in found._get_fields()}
    assert secrets.isdisjoint(name for name, *_ in found._get_visible_fields())


# --- what a node gets -------------------------------------------------------


class _Joined:
    """string_agg of PostgreSQL."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def step(self, part: str, _: str) -> None:
        self._parts.append(part)

    def finalize(self) -> str:
        return ",".join(self._parts)


def _concat_ws(separator: str, *parts: str | None) -> str:
    """concat_ws of PostgreSQL."""
    return separator.join(part for part in parts if part is not None)


class Accounts:
    """The table of accounts, for the question that PostgreSQL is asked."""

    def __init__(self, rows: tp.Iterable[tuple[str, bool, bool]]) -> None:
        self._db = sqlite3.connect(":memory:")
        self._db.row_factory = sqlite3.Row
        self._db.create_aggregate("string_agg", 2, _Joined)  # type: ignore[arg-type]
        self._db.create_function("mail_document_bucket", 1, documents.bucket)
        self._db.create_function("to_json", 1, json.dumps)
        self._db.create_function("concat_ws", -1, _concat_ws)
        self._db.create_function("regexp_replace", 3, lambda text, *_: text)
        self._db.execute(
            "CREATE TABLE mail_accounts (instance, login, password_hash, active,"
            " mailbox, uuid, quota_bytes, quota_messages, suspended,"
            " main_password_for_mail, app_passwords, bounce_to)"
        )
        self._db.executemany(
            "INSERT INTO mail_accounts"
            " VALUES ('i', ?, 'hash', ?, ?, 'u', NULL, NULL, 'none', TRUE, NULL, NULL)",
            rows,
        )

    def execute(self, query: str, values: tuple[tp.Any, ...]) -> sqlite3.Cursor:
        """Ask in SQLite's dialect."""
        query = query.replace("= ANY(%s)", "IN (SELECT value FROM json_each(%s))")
        query = re.sub(r" ORDER BY .*", "", query.replace("::text", ""))
        query = query.replace("::json", "").replace("%s", "?")
        own = [json.dumps(v) if isinstance(v, list) else v for v in values]
        return self._db.execute(query, own)


def told(rows: tp.Iterable[tuple[str, bool, bool]]) -> dict[str, tp.Any]:
    """Return the documents that a node gets of these accounts."""
    view = collection.View(Accounts(rows), "i", None)  # type: ignore[arg-type]
    buckets = list(map(str, range(documents.COUNT)))
    texts = registry.texts(view, "accounts", buckets).texts
    return {k: v for text in texts.values() for k, v in documents.parse(text).items()}


def test_a_node_gets_no_inactive_account() -> None:
    names = [f"user{n}" for n in range(50)]
    got = told((name, n % 2 == 0, False) for n, name in enumerate(names))
    assert got == {key: {"password_hash": "hash"} for key in names[::2]}


def test_a_node_gets_no_hash_of_an_inactive_account_with_a_mailbox() -> None:
    names = [f"user{n}" for n in range(50)]
    got = told((name, n % 2 == 0, True) for n, name in enumerate(names))
    assert set(got) == set(names)
    assert [got[name] for name in names[:2]] == [
        {"mailbox": "u", "password_hash": "hash"},
        {"mailbox": "u"},
    ]
