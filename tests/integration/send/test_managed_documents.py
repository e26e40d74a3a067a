# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Documents: which are refused, and that none is half in place."""

import contextlib
import json
import pathlib
import threading
import time
import typing as tp
import uuid

import httpx
import pytest

from tests.integration.send.conftest import Services
from tests.integration.send.managed import (
    LOGIN,
    Document,
    Node,
    api_key,
    changed,
    document,
    relay,
    suppression,
)
from tests.integration.send.proxy import Proxy
from tests.integration.send.service import Client, Service
from tests.integration.send.sink import Sink
from tests.integration.support import waiting

SECRET = "hunter2-4711"
LONG = "a" * 300
KEY = "api_keys"
RELAY = "relays"
LISTED = "suppressions"


def _relay(**more: tp.Any) -> dict[str, tp.Any]:
    return {RELAY: [{**relay("own", 25, host="mx.example.com"), **more}]}


def _callback(auth: str, secret: tp.Any, username: tp.Any = None) -> dict[str, tp.Any]:
    return {
        "callback_url": "https://example.com/hook",
        "callback_auth": auth,
        "callback_secret": secret,
        "callback_username": username,
    }


def _key(**more: tp.Any) -> dict[str, tp.Any]:
    return {KEY: [api_key("exm_other", **more)]}


def _listed(address: str = "x@example.net", **more: tp.Any) -> dict[str, tp.Any]:
    return {LISTED: [suppression(address, **more)]}


#: What is wrong, and the member that the answer names.
BROKEN: tuple[tuple[dict[str, tp.Any], str], ...] = (
    ({"tag": "no uuid"}, "tag"),
    ({"id": "Acme"}, "id"),
    ({"name": LONG}, "name"),
    ({"name": None}, "name"),
    ({"active": 1}, "active"),
    ({"limit_minute": 0}, "limit_minute"),
    ({"limit_hour": "7"}, "limit_hour"),
    ({"limit_day": 2 * 10**9}, "limit_day"),
    ({"sender_domains": ["a.example"] * 1001}, "sender_domains"),
    ({"sender_domains": None}, "sender_domains"),
    ({"sender_domains": ["no domain"]}, "sender_domains"),
    ({"callback_url": "ftp://example.com"}, "callback_url"),
    ({"callback_url": "http:///hook"}, "callback_url"),
    ({"callback_url": f"https://user:{SECRET}@example.com/"}, "callback_url"),
    ({"callback_auth": "digest"}, "callback_auth"),
    (_callback("basic", SECRET), "callback_username"),
    (_callback("basic", None, "ann"), "callback_secret"),
    (_callback("bearer", None), "callback_secret"),
    (_callback("bearer", f"{SECRET} \n"), "callback_secret"),
    (_callback("signature", SECRET), "callback_secret"),
    ({"attachment_url": "file:///etc/passwd"}, "attachment_url"),
    ({KEY: None}, KEY),
    ({KEY: [api_key(f"exm_{n}") for n in range(101)]}, KEY),
    ({KEY: 2 * [api_key("exm_twice")]}, KEY),
    (_key(id="one"), "api_keys[0].id"),
    (_key(hash=SECRET), "api_keys[0].hash"),
    (_key(scopes=[]), "api_keys[0].scopes"),
    (_key(scopes=["admin"]), "api_keys[0].scopes[0]"),
    (_key(created_at="yesterday"), "api_keys[0].created_at"),
    (_key(expires_at="2026-01-31"), "api_keys[0].expires_at"),
    ({RELAY: 2 * [relay("own", 25, host="mx.example.com")]}, RELAY),
    ({RELAY: [relay("Own", 25)]}, "relays[0].id"),
    (_relay(port=0), "relays[0].port"),
    (_relay(tls="maybe"), "relays[0].tls"),
    (_relay(username="ann"), "relays[0].password"),
    (_relay(username="ann", password=SECRET), "relays[0].tls"),
    (_relay(username="ann", password=f"{SECRET}\r"), "relays[0].password"),
    (_relay(concurrency=101), "relays[0].concurrency"),
    (_relay(connection_seconds=0), "relays[0].connection_seconds"),
    (_relay(connection_messages=0), "relays[0].connection_messages"),
    (_relay(timeout_seconds=601), "relays[0].timeout_seconds"),
    (_relay(over_limit="drop"), "relays[0].over_limit"),
    (_relay(public_only=False), "relays[0]"),
    ({RELAY: [relay("own", 25, host="a b")]}, "relays[0].host"),
    (_listed("nobody"), "suppressions[0].address"),
    (_listed(reason=""), "suppressions[0].reason"),
    (_listed(expires_at="soon"), "suppressions[0].expires_at"),
    ({LISTED: [suppression("x@a.example"), suppression("X@A.example")]}, LISTED),
    ({"and": "more"}, "."),
    ({"more\nlines": 1}, "."),
)


@pytest.fixture(scope="module")
def shared(
    kind: str,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> tp.Iterator[Node]:
    """A service with one tenant, which every document here leaves as it is."""
    services = Services(kind, request, tmp_path_factory.mktemp("managed"))
    made = Node(services.new, 25)
    try:
        made.service.start()
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def former(shared: Node) -> Document:
    found = document(
        relays=[relay("own", 25, host="mx.example.com")],
        suppressions=[suppression("listed@example.net")],
    )
    shared.done(found)
    return found


def everything(node: Node, given: Document) -> list[tp.Any]:
    """Return everything that a document decides, as the admin sees it."""
    tenant = node.admin(given)
    return [
        node.state(),
        node.service.client().get(f"/v1/tenants/{given['id']}"),
        tenant.get("/v1/relays"),
        tenant.get("/v1/keys"),
        tenant.get("/v1/suppressions", limit=500),
    ]


@pytest.mark.parametrize(
    ("broken", "member"),
    BROKEN,
    ids=[f"{at} {member}" for at, (_, member) in enumerate(BROKEN)],
)
def test_document_that_breaks_a_rule_changes_nothing(
    shared: Node, former: Document, broken: dict[str, tp.Any], member: str
) -> None:
    before = everything(shared, former)
    answer = shared.put(changed(former, **broken))
    assert answer.status_code == 422, answer.text
    detail = answer.json()["detail"]
    assert detail.startswith(member)
    assert "\n" not in detail
    assert SECRET not in answer.text
    assert everything(shared, former) == before


@pytest.mark.parametrize("member", sorted(document()))
def test_every_member_is_there(shared: Node, former: Document, member: str) -> None:
    path = f"/v1/managed/tenants/{former['uuid']}"
    given = {name: value for name, value in former.items() if name != member}
    answer = shared.call("PUT", path, json=given)
    assert answer.status_code == 422
    assert f"`{member}`" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 422),
        (b"\xff", 400),
        (b"[" * 100_000, 422),
    ],
)
def test_body_that_is_no_document(
    shared: Node, former: Document, body: bytes, status: int
) -> None:
    path = f"/v1/managed/tenants/{former['uuid']}"
    answer = shared.call("PUT", path, content=body)
    assert (answer.status_code, "\n" in answer.json()["detail"]) == (status, False)


def test_uuid_is_the_one_of_the_path(shared: Node, former: Document) -> None:
    path = f"/v1/managed/tenants/{uuid.uuid4()}"
    answer = shared.call("PUT", path, json=former)
    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        "uuid: not the one of the path",
    )


def test_half_a_character_is_no_error_of_the_service(
    shared: Node, former: Document
) -> None:
    text = json.dumps(changed(former)).replace("A tenant", "\\u0000")
    answer = shared.call(
        "PUT", f"/v1/managed/tenants/{former['uuid']}", content=text.encode()
    )
    assert answer.status_code in (204, 422)


def _many(count: int, word: str) -> list[dict[str, tp.Any]]:
    return [suppression(f"{word}{n:05}@example.net") for n in range(count)]


def test_ten_thousand_suppressions(node: Node) -> None:
    acme = document(suppressions=_many(10_000, "r"))
    tenant = node.done(acme)
    assert _addresses(tenant) == [one["address"] for one in acme[LISTED]]
    # One changes, one goes, one comes.
    acme[LISTED][0]["reason"] = "another one"
    acme[LISTED][-1]["address"] = "s@example.net"
    node.done(changed(acme))
    assert _addresses(tenant) == [one["address"] for one in acme[LISTED]]
    found = tenant.get("/v1/suppressions/r00000@example.net")
    assert found["reason"] == "another one"
    tenant.wait(tenant.send("r09998@example.net"), "suppressed")
    tenant.wait(tenant.send("r09999@example.net"), "sent")
    answer = node.put(changed(acme, suppressions=_many(10_001, "r")))
    assert answer.status_code == 422


def _addresses(tenant: Client) -> list[str]:
    found: list[str] = []
    after = ""
    while after is not None:
        page = tenant.get("/v1/suppressions", limit=500, after=after)
        found += [one["address"] for one in page["suppressions"]]
        after = page["next"]
    return found


def test_killed_in_the_middle_of_a_document(node: Node) -> None:
    documents = {}
    for word in "ab":
        one = document(suppressions=_many(3000, word), name=word)
        documents[one["tag"]] = one
    first, second = documents.values()
    second["uuid"] = first["uuid"]
    node.done(first)
    for turn in range(6):
        wanted = (second, first)[turn % 2]
        thread = threading.Thread(target=_try, args=(node, wanted))
        thread.start()
        # Before, in and after the transaction, on most machines.
        time.sleep(0.05 * turn)
        node.service.kill()
        thread.join()
        node.service.start()
        found = documents[node.state()["tenants"][first["uuid"]]]
        tenant = node.admin(first)
        assert node.service.client().get("/v1/tenants/acme")["name"] == found["name"]
        assert _addresses(tenant) == [one["address"] for one in found[LISTED]]
        assert tenant.get("/v1/keys")["keys"][0]["id"] == found[KEY][0]["id"]


def _try(node: Node, given: Document) -> None:
    # It is killed meanwhile.
    with contextlib.suppress(httpx.TransportError):
        node.put(given)


def test_full_disk_is_told(small_disk: pathlib.Path, node_server: Sink) -> None:
    node = Node(lambda *more: Service(small_disk, None, *more), node_server.port)
    try:
        node.service.start()
        acme = document()
        tenant = node.done(acme)
        before = everything(node, acme)
        ballast = small_disk / "ballast"
        with open(ballast, "wb", 0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 4096)
        large = changed(acme, suppressions=_many(10_000, "r"))
        assert node.put(large).status_code == 503
        waiting.until(lambda: node.state()["problem"], "the problem")
        assert "database cannot be written" in node.state()["problem"]
        ballast.unlink()
        waiting.until(lambda: node.state()["problem"] is None, "room")
        assert everything(node, acme) == before
        node.done(changed(acme))
        tenant.wait(tenant.send(), "sent")
    finally:
        node.close()


def test_database_away_is_told_and_no_tenant_is_taken_for_gone(
    proxied: str, proxy: Proxy, tmp_path: pathlib.Path, node_server: Sink
) -> None:
    node = Node(lambda *more: Service(tmp_path, proxied, *more), node_server.port)
    try:
        node.service.start()
        acme = document()
        node.done(acme)
        proxy.down()
        assert node.call("GET", "/v1/managed").status_code == 503
        assert node.put(changed(acme)).status_code == 503
        assert node.remove(acme).status_code == 503
        proxy.up()
        waiting.until(
            lambda: node.call("GET", "/v1/managed").status_code == 200, "the database"
        )
        assert node.state()["tenants"] == {acme["uuid"]: acme["tag"]}
    finally:
        node.close()


def test_another_password_of_the_nodes_own_server_is_used_after_a_start(
    node: Node, node_server: Sink, sink: Sink
) -> None:
    acme = document()
    own = document("own", relays=[relay("default", sink.port)])
    tenant = node.done(acme)
    node.done(own)
    other = node.admin(own).get("/v1/relays/default")
    node.service.stop()
    node.password_file.write_text("another one\n")
    node_server.login = (LOGIN[0], "another one")
    node.service.start()
    tenant.wait(tenant.send(), "sent")
    assert node.admin(own).get("/v1/relays/default") == other
