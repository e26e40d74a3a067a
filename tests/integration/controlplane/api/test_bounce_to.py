# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Where bounces of an account's mail go, as the API has it."""

from exordos_mail.controlplane.dm import models
from tests.integration.controlplane import conftest
from tests.integration.controlplane.api import test_aliases, test_app_passwords
from tests.integration.controlplane.api import test_declarations as declarations
from tests.integration.controlplane.api.bulk_request import item, statuses
from tests.integration.support import client, core_agent

aliases = test_aliases.aliases
key_file = declarations.key_file
passes = declarations.passes
ELSEWHERE = "postmaster@example.net"
HERE = "bob@example.com"


def test_an_account_has_its_bounces_where_it_wants(
    tenant: client.Client,
    instance: client.Body,
    accounts: str,
    account: client.Body,
    db: conftest.Connection,
) -> None:
    assert account["bounce_to"] is None
    path = f"{accounts}{account['uuid']}"
    before = tenant.get(f"/instances/{instance['uuid']}").json()["generation"]
    for number, wanted in enumerate((ELSEWHERE, HERE, None), 1):
        changed = tenant.patch(path, {"bounce_to": wanted})
        assert (changed.status_code, changed.json()["bounce_to"]) == (200, wanted)
        (told,) = test_app_passwords.told(db, instance).values()
        assert told.get("bounce_to") == wanted
        now = tenant.get(f"/instances/{instance['uuid']}").json()["generation"]
        assert now == before + number
    # Of one that is closed a message may still be on its way.
    assert tenant.patch(path, {"bounce_to": HERE, "active": False}).ok
    (told,) = test_app_passwords.told(db, instance).values()
    assert told == {"bounce_to": HERE}


def test_what_is_no_address_or_its_own_is_refused(
    tenant: client.Client, accounts: str, bulk: str, account: client.Body
) -> None:
    own = f"{account['username']}@example.com"
    path = f"{accounts}{account['uuid']}"
    wrong = ("bob", "Bob@example.com", "", "|x@example.net", "bö@example.net", own, 5)
    for value in (*wrong, [HERE], "x@" + "a" * 250 + ".org"):
        answer = tenant.patch(path, {"bounce_to": value})
        assert answer.status_code == 400, value
        assert answer.json()["message"].find("bounce_to: ") >= 0, answer.text
        update = {"uuid": account["uuid"], "bounce_to": value}
        found = tenant.post(bulk, {"update": [update]}).json()
        assert statuses(found, "update") == [400]
    assert tenant.post(accounts, item("x", bounce_to="x@example.com")).status_code == (
        400
    )
    # Nor does it become that by another name.
    assert tenant.patch(path, {"bounce_to": HERE}).ok
    assert tenant.patch(path, {"username": "bob"}).status_code == 400


def test_bounces_follow_a_renamed_account_unless_they_go_to_an_alias(
    tenant: client.Client, accounts: str, aliases: str
) -> None:
    names = ("bob", "cat")
    made = {name: tenant.create(accounts, item(name)) for name in names}
    tenant.create(aliases, test_aliases.alias("cat", "x@example.net"))
    for name in names:
        body = item(f"of-{name}", bounce_to=f"{name}@example.com")
        tenant.create(accounts, body)
        path = f"{accounts}{made[name]['uuid']}"
        assert tenant.patch(path, {"username": f"{name}-new"}).ok
    found = {one["username"]: one["bounce_to"] for one in tenant.get(accounts).json()}
    assert found["of-bob"] == "bob-new@example.com"
    assert found["of-cat"] == "cat@example.com"


def test_it_comes_by_a_bulk_request_and_back_with_a_deleted_account(
    tenant: client.Client, accounts: str, bulk: str, instance: client.Body
) -> None:
    items = [item("ann", mailbox=True, bounce_to=ELSEWHERE), item("bob")]
    tenant.post(bulk, {"create": items})
    found = tenant.get(accounts).json()
    ann, bob = sorted(found, key=lambda one: str(one["username"]))
    assert (ann["bounce_to"], bob["bounce_to"]) == (ELSEWHERE, None)
    update = [{"uuid": ann["uuid"], "name": "Ann"}, {"uuid": bob["uuid"]}]
    update[1]["bounce_to"] = ELSEWHERE
    assert tenant.post(bulk, {"update": update}).json()["failed"] == 0
    assert {one["bounce_to"] for one in tenant.get(accounts).json()} == {ELSEWHERE}
    back = [{"uuid": bob["uuid"], "bounce_to": None}]
    assert tenant.post(bulk, {"update": back}).json()["failed"] == 0
    assert tenant.get(f"{accounts}{bob['uuid']}").json()["bounce_to"] is None
    assert tenant.delete(f"{accounts}{ann['uuid']}").status_code == 204
    deleted = f"/instances/{instance['uuid']}/deleted_accounts/{ann['uuid']}"
    assert tenant.post(f"{deleted}/actions/restore/invoke", {}).status_code == 200
    assert tenant.get(f"{accounts}{ann['uuid']}").json()["bounce_to"] == ELSEWHERE


def test_a_manifest_declares_it(
    passes: core_agent.Passes, version: models.MailVersion, db: conftest.Connection
) -> None:
    instance = declarations.new_instance(version)
    account = declarations.new_account(instance, bounce_to=ELSEWHERE)
    reported = passes.run(instance, account)
    assert declarations.settled(reported, account)
    assert declarations.row(db, account)["bounce_to"] == ELSEWHERE
