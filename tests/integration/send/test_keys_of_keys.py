# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Keys that a key makes: not for longer than itself, and revoked with it."""

import concurrent.futures
import datetime
import typing as tp

from tests.integration.send.service import Client, Service

_SOON = datetime.datetime(2100, 1, 1, tzinfo=datetime.timezone.utc)


def _later(seconds: int) -> str:
    moment = _SOON + datetime.timedelta(seconds=seconds)
    return moment.isoformat().replace("+00:00", "Z")


def _make(client: Client, **more: tp.Any) -> dict[str, tp.Any]:
    body = {"name": "k", "scopes": ["read", "manage"], **more}
    return dict(client.done(client.post("/v1/keys", body)))


def _works(service: Service, key: dict[str, tp.Any]) -> bool:
    status = service.client(key["key"]).call("GET", "/v1/messages").status_code
    assert status in (200, 401)
    return status == 200


def test_key_makes_none_that_expires_later(service: Service, tenant: Client) -> None:
    maker = _make(tenant, expires_at=_later(0))
    mine = service.client(maker["key"])
    assert maker["made_by"] is None
    for wanted in (_later(1), 4102444801, "2100-01-01T01:00:00.001+01:00"):
        body = {"name": "k", "scopes": ["read"], "expires_at": wanted}
        answer = mine.post("/v1/keys", body)
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["field"] == "expires_at"
        assert maker["expires_at"] in answer.json()["errors"][0]["message"]
    made = [
        _make(mine),
        _make(mine, expires_at=None),
        _make(mine, expires_at=_later(0)),
    ]
    assert {one["expires_at"] for one in made} == {maker["expires_at"]}
    assert {one["made_by"] for one in made} == {maker["id"]}
    assert _make(mine, expires_at=_later(-1))["expires_at"] < maker["expires_at"]
    # Over two steps, too.
    grandchild = _make(service.client(made[0]["key"]))
    assert grandchild["expires_at"] == maker["expires_at"]


def test_keys_are_revoked_with_the_one_that_made_them(
    service: Service, tenant: Client
) -> None:
    maker, other = _make(tenant), _make(tenant)
    child = _make(service.client(maker["key"]))
    grandchild = _make(service.client(child["key"]))
    others = _make(service.client(other["key"]))
    tenant.done(tenant.call("DELETE", f"/v1/keys/{maker['id']}"))
    keys = (maker, child, grandchild, other, others)
    assert [_works(service, one) for one in keys] == [False] * 3 + [True] * 2
    listed = {one["id"]: one for one in tenant.get("/v1/keys")["keys"]}
    moments = {listed[one["id"]]["revoked_at"] for one in keys[:3]}
    assert len(moments) == 1
    assert None not in moments
    # A key in the middle that was revoked before does not protect those below.
    middle = _make(service.client(other["key"]))
    below = _make(service.client(middle["key"]))
    tenant.done(tenant.call("DELETE", f"/v1/keys/{middle['id']}"))
    assert not _works(service, below)
    again = tenant.call("DELETE", f"/v1/keys/{middle['id']}")
    assert (again.status_code, again.json()["detail"]) == (404, "no such active key")


def test_no_key_is_made_while_its_maker_is_revoked(
    service: Service, tenant: Client
) -> None:
    maker = _make(tenant)
    mine = service.client(maker["key"])

    def make(_: int) -> tuple[int, tp.Any]:
        answer = mine.post("/v1/keys", {"name": "k", "scopes": ["read"]})
        return answer.status_code, answer.json()

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        answers = threads.map(make, range(40))
        first = next(answers)
        tenant.done(tenant.call("DELETE", f"/v1/keys/{maker['id']}"))
        found = [first, *answers]
    assert {status for status, _ in found} <= {201, 401}
    assert not [one for status, one in found if status == 201 and _works(service, one)]
