# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Mailboxes as the API has them: switches, quotas, suspension."""

import typing as tp

import pytest

from exordos_mail.controlplane.dm import models
from exordos_mail.schema import limits
from tests.integration.controlplane import conftest
from tests.integration.controlplane.api import test_declarations as declarations
from tests.integration.controlplane.api.bulk_request import item, statuses, stored
from tests.integration.support import client, core_agent

key_file = declarations.key_file
passes = declarations.passes

QUOTAS = {"quota_bytes": 5 * 1024**3, "quota_messages": 100_000}
MAILBOX = {"mailbox": True, **QUOTAS, "suspended": "read_only"}
INSTANCE = {
    "mailboxes": True,
    "mailbox_quota_bytes": limits.QUOTA_BYTES_MAX,
    "mailbox_quota_messages": limits.QUOTA_MESSAGES_MAX,
    "mailbox_overcommit": True,
}
NOTHING = {
    "mailbox": False,
    "quota_bytes": None,
    "quota_messages": None,
    "suspended": "none",
}


def shown(found: client.Body, names: tp.Iterable[str]) -> client.Body:
    return {name: found[name] for name in names}


def test_an_instance_keeps_no_mailboxes_unless_it_is_asked_to(
    tenant: client.Client, instance: client.Body, version: models.MailVersion
) -> None:
    assert shown(instance, INSTANCE) == {
        "mailboxes": False,
        "mailbox_quota_bytes": None,
        "mailbox_quota_messages": None,
        "mailbox_overcommit": False,
    }
    body = client.instance_body(version.uuid, **INSTANCE)
    assert shown(tenant.create("/instances/", body), INSTANCE) == INSTANCE


def test_each_field_of_an_instance_counts_and_can_be_taken_back(
    tenant: client.Client, instance: client.Body
) -> None:
    path = f"/instances/{instance['uuid']}"
    generation, updated = instance["generation"], instance["updated_at"]
    for name, value in INSTANCE.items():
        for wanted in (value, instance[name]):
            found = tenant.patch(path, {name: wanted}).json()
            generation += 1
            assert (found[name], found["generation"]) == (wanted, generation)
            assert found["updated_at"] > updated
            updated = found["updated_at"]
    found = tenant.patch(path, {"cpu": 3, **INSTANCE}).json()
    assert found["generation"] == generation + 1
    found = tenant.patch(path, INSTANCE).json()
    assert found["generation"] == generation + 1


def test_an_account_has_no_mailbox_unless_it_is_asked_for(
    tenant: client.Client, accounts: str
) -> None:
    made = tenant.create(accounts, item("relay"))
    assert shown(made, NOTHING) == NOTHING
    other = tenant.create(accounts, item("ann", **MAILBOX))
    assert shown(other, MAILBOX) == MAILBOX
    assert tenant.get(accounts, mailbox="true").json() == [other]
    assert tenant.get(accounts, suspended="none").json() == [made]
    path = f"{accounts}{other['uuid']}"
    assert shown(tenant.patch(path, NOTHING).json(), NOTHING) == NOTHING


def test_each_field_of_an_account_counts(
    tenant: client.Client, instance: client.Body, accounts: str
) -> None:
    made = tenant.create(accounts, item("ann"))
    path = f"{accounts}{made['uuid']}"

    def generation() -> int:
        found = tenant.get(f"/instances/{instance['uuid']}").json()
        return int(found["generation"])

    before = generation()
    for number, (name, value) in enumerate(MAILBOX.items(), start=1):
        for _ in range(2):
            assert tenant.patch(path, {name: value}).json()[name] == value
            assert generation() == before + number


def test_many_at_once(
    tenant: client.Client,
    instance: client.Body,
    accounts: str,
    bulk: str,
    db: conftest.Connection,
) -> None:
    kept = tenant.create(accounts, item("kept", **MAILBOX))
    other = tenant.create(accounts, item("other", **MAILBOX))
    response = tenant.post(
        bulk,
        {
            "update": [
                {"uuid": kept["uuid"], "quota_bytes": None, "suspended": "none"},
                {"uuid": other["uuid"], "name": "O", "mailbox": False},
            ],
            "create": [
                item("made", **MAILBOX),
                item("plain"),
                item("wrong", quota_bytes=0),
            ],
        },
    )
    answer = response.json()
    assert statuses(answer, "update") == [200, 200]
    assert statuses(answer, "create") == [201, 201, 400]
    assert answer["create"][2]["error"].startswith("quota_bytes: a whole number from 1")
    rows = stored(db, instance)
    assert shown(rows["kept"], MAILBOX) == {
        **MAILBOX,
        "quota_bytes": None,
        "suspended": "none",
    }
    assert shown(rows["other"], MAILBOX) == {**MAILBOX, "mailbox": False}
    assert rows["other"]["name"] == "O"
    assert shown(rows["made"], MAILBOX) == MAILBOX
    assert shown(rows["plain"], NOTHING) == NOTHING


@pytest.mark.parametrize(
    "values",
    [
        {"mailbox": None},
        {"mailbox": "true"},
        {"mailbox": 1},
        {"quota_bytes": 0},
        {"quota_bytes": -1},
        {"quota_bytes": True},
        {"quota_bytes": 1.5},
        {"quota_bytes": limits.QUOTA_BYTES_MAX + 1},
        {"quota_messages": 0},
        {"quota_messages": limits.QUOTA_MESSAGES_MAX + 1},
        {"suspended": None},
        {"suspended": "None"},
        {"suspended": ""},
        {"suspended": ["refuse"]},
    ],
)
def test_what_is_no_value_is_refused_by_its_name(
    tenant: client.Client, accounts: str, account: client.Body, values: client.Body
) -> None:
    (name,) = values
    for answer in (
        tenant.post(accounts, item("x", **values)),
        tenant.patch(f"{accounts}{account['uuid']}", values),
    ):
        assert answer.status_code == 400
        assert answer.json()["message"].startswith(f"{name}: ")


@pytest.mark.parametrize(
    "values",
    [
        {"mailboxes": None},
        {"mailboxes": 1},
        {"mailbox_quota_bytes": 0},
        {"mailbox_quota_bytes": limits.QUOTA_BYTES_MAX + 1},
        {"mailbox_quota_messages": "1"},
        {"mailbox_overcommit": "yes"},
    ],
)
def test_what_is_no_value_of_an_instance_is_refused_by_its_name(
    tenant: client.Client, instance: client.Body, values: client.Body
) -> None:
    (name,) = values
    answer = tenant.patch(f"/instances/{instance['uuid']}", values)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"{name}: ")


def test_a_manifest_declares_them_and_settles(
    passes: core_agent.Passes, version: models.MailVersion
) -> None:
    instance = declarations.new_instance(version, **INSTANCE)
    account = declarations.new_account(instance, **MAILBOX)
    passes.run(instance)
    reported = passes.run(instance, account)
    assert declarations.settled(reported, account)
    assert reported[account.uuid].value.items() >= MAILBOX.items()
    assert reported[instance.uuid].value.items() >= INSTANCE.items()
    other = declarations.changed(account, mailbox=False, quota_bytes=7)
    reported = passes.run(instance, other)
    assert declarations.settled(reported, other)
    assert reported[account.uuid].value["quota_bytes"] == 7
    assert reported[account.uuid].value["mailbox"] is False
