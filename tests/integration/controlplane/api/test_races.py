# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Several writers at once: nothing is lost, nothing fails."""

import concurrent.futures
import threading
import typing as tp

import pytest
from restalchemy.storage import exceptions as storage_exceptions
from restalchemy.storage.sql import engines

from exordos_mail.controlplane.dm import exceptions, models
from tests.integration.support import client, user_api

ROUNDS = 10

Call = tp.Callable[[client.Client], client.requests.Response]


def at_once(
    api: user_api.UserApi, tenant: client.Client, *calls: Call
) -> list[client.requests.Response]:
    """Send requests at the same moment, each on a connection of its own."""
    barrier = threading.Barrier(len(calls))

    def run(call: Call) -> client.requests.Response:
        http = client.Client(api.url, tenant.project)
        http.get("/versions/")  # connects
        barrier.wait(10)
        return call(http)

    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def read(instance: client.Body, session: tp.Any = None) -> models.MailInstance:
    """Return an instance as a builder reads it."""
    return tp.cast(
        models.MailInstance,
        models.MailInstance.objects.get_one(
            filters={"uuid": instance["uuid"]}, session=session
        ),
    )


def test_of_two_simultaneous_creates_of_one_account_one_wins(
    api: user_api.UserApi, tenant: client.Client, accounts: str
) -> None:
    for n in range(ROUNDS):
        body = {"username": f"u{n}", "password_hash": client.HASH}
        answers = at_once(
            api,
            tenant,
            lambda http, body=body: http.post(accounts, body),  # type: ignore[misc]
            lambda http, body=body: http.post(accounts, body),  # type: ignore[misc]
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert len(tenant.get(accounts).json()) == ROUNDS


def test_simultaneous_accounts_of_one_instance_are_all_counted(
    api: user_api.UserApi,
    tenant: client.Client,
    instance: client.Body,
    accounts: str,
) -> None:
    def create(n: int) -> Call:
        body = {"username": f"u{n}", "password_hash": client.HASH}
        return lambda http: http.post(accounts, body)

    answers = at_once(api, tenant, *(create(n) for n in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    now = tenant.get(f"/instances/{instance['uuid']}").json()
    assert now["generation"] == 9


def test_simultaneous_changes_of_different_fields_all_survive(
    api: user_api.UserApi, tenant: client.Client, instance: client.Body
) -> None:
    path = f"/instances/{instance['uuid']}"
    changes = ({"cpu": 16}, {"ram": 8192}, {"name": "n"}, {"description": "d"})
    for change in changes:
        assert tenant.patch(path, {k: instance[k] for k in change}).status_code == 200
    answers = at_once(
        api,
        tenant,
        *(
            lambda http, change=change: http.patch(path, change)  # type: ignore[misc]
            for change in changes
        ),
    )
    assert {answer.status_code for answer in answers} == {200}
    now = tenant.get(path).json()
    for change in changes:
        assert change.items() <= now.items()
    assert now["generation"] == instance["generation"] + len(changes)


def test_deleting_an_instance_while_its_accounts_are_written_never_fails(
    api: user_api.UserApi, tenant: client.Client, version: models.MailVersion
) -> None:
    for _ in range(ROUNDS):
        made = tenant.create("/instances/", client.instance_body(version.uuid))
        path = f"/instances/{made['uuid']}"
        accounts = f"{path}/accounts/"
        body = {"username": "a", "password_hash": client.HASH}
        one = f"{accounts}{tenant.create(accounts, body)['uuid']}"
        answers = at_once(
            api,
            tenant,
            lambda http, path=path: http.delete(path),  # type: ignore[misc]
            lambda http, one=one: http.patch(one, {"active": False}),  # type: ignore[misc]
            lambda http, path=accounts: http.post(  # type: ignore[misc]
                path, {"username": "b", "password_hash": client.HASH}
            ),
            lambda http, one=one: http.delete(one),  # type: ignore[misc]
        )
        statuses = [answer.status_code for answer in answers]
        assert statuses[0] == 204
        assert set(statuses[1:]) <= {200, 201, 204, 404}, statuses
        assert tenant.get(path).status_code == 404


def test_a_users_change_made_while_a_builder_works_survives_and_so_do_the_facts(
    tenant: client.Client, instance: client.Body, engine: tp.Any
) -> None:
    path = f"/instances/{instance['uuid']}"
    with engines.engine_factory.get_engine().session_manager() as session:
        row = read(instance, session)
        read_at = row.updated_at
        # the builder talks to Core meanwhile
        assert tenant.patch(path, {"cpu": 8, "disk_size": 50}).status_code == 200
        row.infra_status = "ACTIVE"
        row.ipsv4 = ["192.0.2.7"]
        row.save(session=session)
        tracked_at = row.updated_at
    now = tenant.get(path).json()
    assert (now["cpu"], now["disk_size"], now["generation"]) == (8, 50, 2)
    assert (now["status"], now["ipsv4"]) == ("IN_PROGRESS", ["192.0.2.7"])
    # The SDK notes the time of the row that the builder *read*: the change is
    # still to be seen as one in its next pass.
    assert tracked_at == read_at
    assert read(instance).updated_at > tracked_at


def test_a_users_change_waits_for_a_builder_that_holds_the_row(
    tenant: client.Client, instance: client.Body, engine: tp.Any
) -> None:
    path = f"/instances/{instance['uuid']}"
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with engines.engine_factory.get_engine().session_manager() as session:
            row = read(instance, session)
            row.service_status = "ERROR"
            row.service_reason = "exim is down"
            row.save(session=session)
            waiting = pool.submit(tenant.patch, path, {"ram": 4096})
            with pytest.raises(concurrent.futures.TimeoutError):
                waiting.result(0.2)
        assert waiting.result(10).status_code == 200
    now = tenant.get(path).json()
    assert (now["ram"], now["generation"]) == (4096, 2)
    assert (now["status"], now["status_reason"]) == ("ERROR", "exim is down")


def test_facts_alone_never_look_like_a_users_change(
    tenant: client.Client, instance: client.Body, engine: tp.Any
) -> None:
    before = read(instance)
    row = read(instance)
    for n, status in enumerate(("IN_PROGRESS", "ACTIVE", "ERROR", "ACTIVE")):
        row.infra_status = row.service_status = status
        row.applied_generation = n
        row.dkim_keys = [{"selector": str(n)}]
        row.save()
        assert row.status == status
        assert row.updated_at == before.updated_at
    row.dkim_keys.append({"selector": "in place"})
    row.save()
    after = read(instance)
    assert after.updated_at == before.updated_at
    assert after.generation == before.generation
    assert after.applied_generation == 3
    assert [key["selector"] for key in after.dkim_keys] == ["3", "in place"]


def test_saving_an_unchanged_instance_writes_nothing(
    instance: client.Body, engine: tp.Any
) -> None:
    row = read(instance)
    row.update()
    row.update(force=True)
    row.save()
    assert read(instance).updated_at == row.updated_at


def test_an_old_copy_cannot_shrink_the_disk(
    instance: client.Body, engine: tp.Any
) -> None:
    first, second = read(instance), read(instance)
    first.disk_size = 40
    first.update()
    second.disk_size = 30  # more than the 20 that this copy knows of
    with pytest.raises(exceptions.MailValidationError) as caught:
        second.update()
    assert str(caught.value) == "disk_size: the data disk cannot shrink"
    assert read(instance).disk_size == 40


def test_an_update_of_a_deleted_row_says_so(
    tenant: client.Client, instance: client.Body, engine: tp.Any
) -> None:
    row = read(instance)
    assert tenant.delete(f"/instances/{instance['uuid']}").status_code == 204
    row.infra_status = "ACTIVE"
    with pytest.raises(storage_exceptions.RecordNotFound):
        row.update()
