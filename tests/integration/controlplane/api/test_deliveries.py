# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What became of mail by REST and on the command line: shown to its project alone."""

import pathlib
import uuid as sys_uuid

import pytest

from exordos_mail.controlplane.dm import models
from tests.integration.controlplane import conftest
from tests.integration.send.command import Cli
from tests.integration.support import client, tokens, user_api

_ADD = """
INSERT INTO mail_deliveries (
    uuid, instance, project_id, at, state, queue_id, accepted_at, login, sender,
    recipient, message_id, host, address, tls, code, enhanced, reply,
    created_at, updated_at
)
SELECT
    gen_random_uuid(), %(instance)s, %(project)s,
    -- two each have the same moment
    timestamp '2026-01-31 12:00:00.1' + make_interval(secs => n / 2 * 0.001),
    CASE n %% 3 WHEN 0 THEN 'bounced' ELSE 'delivered' END, 'queue-' || n, NULL,
    CASE n %% 2 WHEN 0 THEN 'ann@example.com' ELSE '' END, 'sender' || n %% 4,
    'to-' || n || '@example.net', 'id-' || n, '', '', '', NULL, NULL, 'reply', now(),
    now()
FROM generate_series(0, %(count)s - 1) AS n
"""


@pytest.fixture
def path(instance: client.Body) -> str:
    """The path of an instance's deliveries."""
    return f"/instances/{instance['uuid']}/deliveries/"


@pytest.fixture
def added(instance: client.Body, db: conftest.Connection) -> int:
    """How many deliveries a node has told of."""
    values = {"instance": instance["uuid"], "project": instance["project_id"]}
    db.execute(_ADD, {**values, "count": 12})
    return 12


def _recipients(found: list[client.Body]) -> list[str]:
    return [one["recipient"] for one in found]


def test_one_is_shown_whole_and_changed_by_nobody(
    tenant: client.Client, instance: client.Body, path: str, added: int
) -> None:
    (one,) = tenant.get(path, message_id="id-3").json()
    assert one == {
        **one,
        "at": "2026-01-31T12:00:00.101000Z",
        "state": "bounced",
        "queue_id": "queue-3",
        "accepted_at": None,
        "login": "",
        "sender": "sender3",
        "recipient": "to-3@example.net",
        "host": "",
        "address": "",
        "tls": "",
        "code": None,
        "enhanced": None,
        "reply": "reply",
        "project_id": instance["project_id"],
    }
    assert one["instance"].endswith(instance["uuid"])
    assert tenant.get(path + one["uuid"]).json() == one
    for method in ("PUT", "PATCH", "DELETE"):
        assert tenant.call(method, path + one["uuid"], json={}).status_code == 405
    assert tenant.post(path, {}).status_code == 405


def test_the_newest_are_first_and_pages_hold_all_once(
    tenant: client.Client, path: str, added: int
) -> None:
    whole = tenant.get(path).json()
    moments = [one["at"] for one in whole]
    assert len(whole) == added
    assert moments == sorted(moments, reverse=True)
    for limit in (1, 3, 4, 12):
        found: list[client.Body] = []
        marker = None
        while True:
            params = {"page_marker": marker} if marker else {}
            answer = tenant.get(path, page_limit=limit, **params)
            found += answer.json()
            marker = answer.headers.get("X-Pagination-Marker")
            if marker is None:
                break
        assert found == whole


def test_pages_go_on_when_newer_ones_come_and_the_last_is_gone(
    tenant: client.Client,
    instance: client.Body,
    path: str,
    added: int,
    db: conftest.Connection,
) -> None:
    whole = tenant.get(path).json()
    answer = tenant.get(path, page_limit=5)
    marker = answer.headers["X-Pagination-Marker"]
    db.execute("DELETE FROM mail_deliveries WHERE uuid = %s", (whole[4]["uuid"],))
    db.execute(
        "INSERT INTO mail_deliveries SELECT (jsonb_populate_record(d,"
        " jsonb_build_object('uuid', gen_random_uuid(), 'at', '2027-01-01'))).*"
        " FROM mail_deliveries AS d WHERE instance = %s LIMIT 1",
        (instance["uuid"],),
    )
    rest = tenant.get(path, page_limit=100, page_marker=marker).json()
    assert rest == whole[5:]
    assert len(tenant.get(path).json()) == added


def test_another_order_is_as_asked(
    tenant: client.Client, path: str, added: int
) -> None:
    moments = [one["at"] for one in tenant.get(path, sort_key="at").json()]
    assert moments == sorted(moments)
    assert tenant.get(path, sort_key="reply").status_code == 400


@pytest.mark.parametrize(
    ("params", "count"),
    [
        ({"state": "bounced"}, 4),
        ({"login": "ann@example.com"}, 6),
        ({"login": ""}, 6),
        ({"sender": "sender1"}, 3),
        ({"recipient": "to-7@example.net"}, 1),
        ({"message_id": "id-7"}, 1),
        ({"queue_id": "queue-7"}, 1),
        ({"queue_id": ["queue-7", "queue-8"]}, 2),
        ({"recipient": "nobody@example.net"}, 0),
        ({"state": "expired"}, 0),
        ({"q": 'at >= "2026-01-31T12:00:00.104Z"'}, 4),
        ({"q": 'state = "bounced" AND at < "2026-01-31T12:00:00.102Z"'}, 2),
    ],
)
def test_lists_are_filtered(
    tenant: client.Client, path: str, added: int, params: client.Body, count: int
) -> None:
    assert len(tenant.get(path, **params).json()) == count


@pytest.mark.parametrize("params", [{"reply": "x"}, {"host": "x"}, {"state": "x\0"}])
def test_what_is_no_filter_is_refused(
    tenant: client.Client, path: str, params: client.Body
) -> None:
    assert tenant.get(path, **params).status_code == 400


def test_another_project_sees_nothing(
    tenant: client.Client,
    stranger: client.Client,
    admin: client.Client,
    path: str,
    added: int,
) -> None:
    one = tenant.get(path).json()[0]
    for where in (path, path + one["uuid"]):
        assert stranger.get(where).status_code == 404
        assert admin.get(where).status_code == 200


def test_an_instance_shows_its_own_alone(
    tenant: client.Client, path: str, added: int, version: models.MailVersion
) -> None:
    other = tenant.create("/instances/", client.instance_body(version.uuid))
    there = f"/instances/{other['uuid']}/deliveries/"
    assert tenant.get(there).json() == []
    one = tenant.get(path).json()[0]
    gone = tenant.get(there + one["uuid"])
    assert (gone.status_code, gone.json()["message"]) == (404, "no such delivery")


def test_it_takes_a_permission_of_its_own(
    api: user_api.UserApi, tenant: client.Client, path: str, added: int
) -> None:
    instances = "exordos_mail.mail_instance.read"
    accounts = "exordos_mail.account.read"
    without = client.Client(api.url, tenant.project, [instances, accounts])
    assert without.get(path).status_code == 403
    own = "exordos_mail.delivery.read"
    reader = client.Client(api.url, tenant.project, [instances, own])
    assert len(reader.get(path).json()) == added


def test_commands(
    api: user_api.UserApi,
    tenant: client.Client,
    instance: client.Body,
    added: int,
    tmp_path: pathlib.Path,
) -> None:
    cli = Cli(tmp_path / "home")
    add = ("contexts", "add", "cloud", "--platform", "--metapaas-url", api.url)
    cli.done(*add, "--token-file", "-", given=tokens.make(tenant.project))
    here = ("--instance", instance["uuid"])
    shown = cli.json("deliveries", "list", *here)
    assert len(shown) == added
    assert cli.json("deliveries", "list", "--limit", "5", *here) == shown[:5]
    found = cli.json("deliveries", "list", "--state", "bounced", *here)
    assert {one["state"] for one in found} == {"bounced"}
    to = ("--recipient", "to-7@example.net")
    head, line = cli.done("deliveries", "list", *to, *here).splitlines()
    assert head.split() == [
        *("AT", "STATE", "SENDER", "RECIPIENT", "CODE", "REPLY", "UUID"),
    ]
    uuid = line.split()[-1]
    assert cli.json("deliveries", "show", uuid, *here)["queue_id"] == "queue-7"
    absent = str(sys_uuid.uuid4())
    assert "404" in cli.fails(1, "deliveries", "show", absent, *here)
