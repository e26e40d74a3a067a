# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Links to unsubscribe: in the mail, for programs and people, and under attack."""

import base64
import concurrent.futures
import email
import email.policy
import pathlib
import subprocess
import typing as tp
import uuid

import httpx
import pytest

from tests.integration.send.conftest import Services, add_relay
from tests.integration.send.service import PROGRAM, Client, Service, mail
from tests.integration.send.sink import Sink

_BASE = "https://send.example.com/mail"
_OPTIONS = ("--networks=127.0.0.0/8", f"--public-url={_BASE}/")
_FORM = {"List-Unsubscribe": "One-Click"}
_ANN = "Ann.Groß@example.net"
_WANTED: dict[str, tp.Any] = {"unsubscribe": True}


@pytest.fixture(scope="module")
def public(
    kind: str,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> tp.Iterator[Service]:
    """A service that knows its own address."""
    made = Services(kind, request, tmp_path_factory.mktemp("public"))
    try:
        yield made.new(*_OPTIONS).start()
    finally:
        made.close()


def _tenant(service: Service, sink: Sink) -> Client:
    name = f"t{uuid.uuid4().hex[:12]}"
    service.client().done(service.client().post("/v1/tenants", {"id": name}))
    found = service.client(tenant=name)
    add_relay(found, sink.port)
    return found


@pytest.fixture
def shop(public: Service, sink: Sink) -> Client:
    return _tenant(public, sink)


def _header(data: bytes) -> tp.Any:
    return email.message_from_bytes(data, policy=email.policy.default)


def _path(shop: Client, sink: Sink, to: str = "ann@example.net", **more: tp.Any) -> str:
    """Return the path of the link in a message that was sent to somebody."""
    shop.wait(shop.send(to, **_WANTED, **more), "sent")
    return _path_in(sink.taken[-1].data)


def _path_in(data: bytes) -> str:
    link = str(_header(data)["List-Unsubscribe"])
    assert link.startswith(f"<{_BASE}/v1/unsubscribe/")
    assert link.endswith(">")
    return link[len(_BASE) + 1 : -1]


def _run(service: Service, *arguments: str) -> str:
    """Run a command on the database of a service; return what it prints."""
    command = [*PROGRAM, *arguments, "--data", str(service.data)]
    if service.database is not None:
        command += ["--database", service.database]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    return found.stdout.strip()


def _click(service: Service, path: str, **more: tp.Any) -> httpx.Response:
    """Post the form as a mail program does, without a key."""
    return service.client("").call("POST", path, **(more or {"data": _FORM}))


def _listed(shop: Client) -> dict[str, str]:
    rows = shop.get("/v1/suppressions")["suppressions"]
    return {row["address"]: row["source"] for row in rows}


def _unsubscribed(shop: Client) -> list[dict[str, tp.Any]]:
    events = shop.get("/v1/events", limit=500)["events"]
    return [one for one in events if one["type"] == "unsubscribed"]


def test_one_click(public: Service, shop: Client, sink: Sink) -> None:
    waits = shop.send("ANN@example.net", send_at="2027-10-01T00:00:00Z", **_WANTED)
    one = shop.send("ann@Example.net", **_WANTED)
    shop.wait(one, "sent")
    header = _header(sink.taken[-1].data)
    assert header["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = _path_in(sink.taken[-1].data)
    assert "ann" not in path.lower()
    answer = _click(public, path)
    assert answer.status_code == 200
    assert "You are unsubscribed" in answer.text
    assert _listed(shop) == {"ann@example.net": "unsubscribe"}
    event = _unsubscribed(shop)[0]
    assert (event["message_id"], event["recipient"]) == (one, "ann@example.net")
    assert event["actor"] == "recipient"
    # What waits meets the list, as what comes does.
    shop.done(shop.post("/v1/messages", mail("ann@example.net")))
    change = {"send_at": "2026-01-01T00:00:00Z"}
    shop.done(shop.call("PATCH", f"/v1/messages/{waits}", json=change))
    shop.wait(waits, "suppressed")
    assert len(sink.taken) == 1
    # Again, in the other form, and as often as one likes.
    parts = {name: (None, value) for name, value in _FORM.items()}
    assert _click(public, path, files=parts).status_code == 200
    assert _click(public, path).text == answer.text
    assert len(_unsubscribed(shop)) == 1
    # Lifted by the tenant, and once more by the recipient.
    shop.done(shop.call("DELETE", "/v1/suppressions/ann@example.net"))
    assert _click(public, path).status_code == 200
    assert _listed(shop) == {"ann@example.net": "unsubscribe"}
    assert len(_unsubscribed(shop)) == 2


def test_page_asks_and_changes_nothing(
    public: Service, shop: Client, sink: Sink
) -> None:
    path = _path(shop, sink)
    caller = public.client("")
    for method in ("GET", "HEAD"):
        answer = caller.call(method, path)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; form-action 'self'")
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
    page = caller.call("GET", path).text
    assert '<form method="post">' in page
    assert 'name="List-Unsubscribe" value="One-Click"' in page
    assert not [one for one in ("<script", "src=", "http", "ann", "@") if one in page]
    for method in ("OPTIONS", "PUT", "PATCH", "DELETE"):
        answer = caller.call(method, path)
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET, HEAD, POST"
    assert _listed(shop) == {}
    assert _unsubscribed(shop) == []


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"data": {"List-Unsubscribe": "No"}}, 422),
        ({"data": {"other": "One-Click"}}, 422),
        ({"content": b""}, 415),
        ({"json": _FORM}, 415),
        ({"content": b"List-Unsubscribe=One-Click"}, 415),
        ({"data": {**_FORM, "filler": "x" * 5000}}, 413),
    ],
)
def test_what_is_not_one_click(
    public: Service, shop: Client, sink: Sink, more: dict[str, tp.Any], status: int
) -> None:
    path = _path(shop, sink)
    answer = _click(public, path, **more)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert _listed(shop) == {}


def test_wrong_links_have_one_answer(public: Service, shop: Client, sink: Sink) -> None:
    path = _path(shop, sink)
    start, _, token = path.rpartition("/")
    wrong = [
        token[:-1],
        token + "A",
        token[::-1],
        "A" * 8000,
        "x",
        "%00",
        "%0d%0aX:%20y",
    ]
    wrong += [token[:20] + ("A" if token[20] != "A" else "B") + token[21:]]
    wrong += [base64.urlsafe_b64encode(b"\0" * 60).decode(), token + "%2F..", "%C3%A9"]
    answers = set()
    for one in wrong:
        for method in ("GET", "POST"):
            more = {"data": _FORM} if method == "POST" else {}
            answer = public.client("").call(method, f"{start}/{one}", **more)
            answers.add((answer.status_code, answer.content))
    assert len(answers) == 1
    assert {status for status, _ in answers} == {404}
    assert public.client("").call("GET", f"{start}/%FF").status_code == 400
    assert _listed(shop) == {}


def test_link_is_of_its_own_tenant_and_service(
    public: Service, shop: Client, sink: Sink, services: Services
) -> None:
    other = _tenant(public, sink)
    path = _path(shop, sink)
    answer = public.client("", other.tenant).call("POST", path, data=_FORM)
    # It has no parameters, and names no tenant.
    assert answer.status_code == 422
    assert _click(public, path).status_code == 200
    assert (_listed(shop), _listed(other)) == ({"ann@example.net": "unsubscribe"}, {})
    stranger = services.new(*_OPTIONS).start()
    stranger.client().done(stranger.client().post("/v1/tenants", {"id": shop.tenant}))
    assert _click(stranger, path).status_code == 404


def test_two_at_once_are_one(public: Service, shop: Client, sink: Sink) -> None:
    for reason in (None, "left us"):
        if reason is not None:
            shop.done(
                shop.call(
                    "PUT", "/v1/suppressions/bob@example.net", json={"reason": reason}
                )
            )
        to = "bob@example.net" if reason else "ann@example.net"
        more = {"override_suppression": "law"} if reason else {}
        path = _path(shop, sink, to, **more)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            every = list(pool.map(lambda _: _click(public, path), range(32)))  # noqa: B023
        assert {one.status_code for one in every} == {200}
        recipients = [one["recipient"] for one in _unsubscribed(shop)]
        assert recipients.count(to) == 1
    # What a person has written for good stays as it is.
    assert _listed(shop) == {
        "ann@example.net": "unsubscribe",
        "bob@example.net": "manual",
    }


def test_entry_with_an_end_does_not_stand_for_it(
    public: Service, shop: Client, sink: Sink
) -> None:
    path = _path(shop, sink)
    entry = {"reason": "holidays", "expires_at": "2027-10-01T00:00:00Z"}
    shop.done(shop.call("PUT", "/v1/suppressions/ann@example.net", json=entry))
    assert _click(public, path).status_code == 200
    found = shop.get("/v1/suppressions/ann@example.net")
    assert (found["source"], found["expires_at"]) == ("unsubscribe", None)


def test_link_outlives_its_message_and_not_its_tenant(
    public: Service, shop: Client, sink: Sink
) -> None:
    one = shop.send(**_WANTED)
    shop.wait(one, "sent")
    path = _path_in(sink.taken[-1].data)
    shop.done(shop.call("DELETE", f"/v1/messages/{one}"))
    assert _click(public, path).status_code == 200
    assert _unsubscribed(shop)[0]["message_id"] == one
    public.client().done(public.client().call("DELETE", f"/v1/tenants/{shop.tenant}"))
    gone = [public.client("").call("GET", path), _click(public, path)]
    nonsense = _click(public, "/v1/unsubscribe/x")
    assert {one.content for one in gone} == {nonsense.content}
    assert {one.status_code for one in gone} == {404}


def test_key_of_secrets_changes_and_links_stay(services: Services, sink: Sink) -> None:
    service = services.new(*_OPTIONS).start()
    shop = _tenant(service, sink)
    paths = [_path(shop, sink, "ann@example.net")]
    for command in ("rotate", "reseal"):
        service.stop()
        if command == "reseal":
            # The new key has to be in use once.
            service.start()
            paths.append(_path(shop, sink, "bob@example.net"))
            service.stop()
        _run(service, "secrets-key", command)
        service.start()
    for path in paths:
        assert _click(service, path).status_code == 200
    assert set(_listed(shop)) == {"ann@example.net", "bob@example.net"}


def test_links_move_with_the_state(
    services: Services, sink: Sink, tmp_path: pathlib.Path
) -> None:
    old, new = services.new(*_OPTIONS).start(), services.new(*_OPTIONS).start()
    shop = _tenant(old, sink)
    path = _path(shop, sink)
    new.stop()
    private, file = str(tmp_path / "private"), str(tmp_path / "state")
    made = [*PROGRAM, "state", "new-key", private]
    public = subprocess.run(made, check=True, capture_output=True, text=True).stdout
    _run(old, "state", "export", file, "--to", public.strip())
    _run(new, "state", "import", file, "--private-key", private)
    assert _click(new.start(), path).status_code == 200
    assert _listed(new.client(tenant=shop.tenant)) == {"ann@example.net": "unsubscribe"}
    assert _listed(shop) == {}


def test_retry_and_resend_have_a_link(
    public: Service, shop: Client, sink: Sink
) -> None:
    sink.do("ann", "data: 451 4.7.1 later", "data: 554 5.7.1 no")
    one = shop.send("ann@example.net", **_WANTED)
    shop.wait(one, "failed")
    again = shop.done(shop.post(f"/v1/messages/{one}/resend"))["id"]
    shop.wait(again, "sent")
    assert _click(public, _path_in(sink.taken[-1].data)).status_code == 200
    assert _unsubscribed(shop)[0]["message_id"] == again


def test_batch_and_whole_messages_have_one_each(
    public: Service, shop: Client, sink: Sink
) -> None:
    whole = base64.b64encode(b"From: a@example.com\nTo: c@example.net\n\nHi\n").decode()
    body = {
        "defaults": {"from": "a@example.com", "unsubscribe": True},
        "messages": [
            {"to": "b@example.net", "text": "Hi"},
            {"raw": whole},
            {"to": "d@example.net", "text": "Hi", "unsubscribe": False},
        ],
    }
    made = shop.done(shop.post("/v1/messages/batch", body))["messages"]
    for one in made:
        shop.wait(one["id"], "sent")
    for name in ("b", "c"):
        data = next(
            one.data for one in sink.taken if one.recipients == [f"{name}@example.net"]
        )
        assert _click(public, _path_in(data)).status_code == 200
    assert set(_listed(shop)) == {"b@example.net", "c@example.net"}
    plain = next(one for one in sink.taken if one.recipients == ["d@example.net"])
    assert b"List-Unsubscribe" not in plain.data


def test_dry_run_shows_no_link_that_works(public: Service, shop: Client) -> None:
    found = shop.done(shop.post("/v1/messages/dry-run", mail(**_WANTED)))
    path = _path_in(base64.b64decode(found["raw"]))
    assert _click(public, path).status_code == 404


@pytest.mark.parametrize(
    "more",
    [
        {"to": ["a@example.net", "b@example.net"]},
        {"to": "a@example.net", "bcc": "b@example.net"},
        {"headers": {"list-unsubscribe": "<mailto:x@example.com>"}},
        {"headers": {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}},
    ],
)
def test_message_that_can_have_none(shop: Client, more: dict[str, tp.Any]) -> None:
    answer = shop.post("/v1/messages", {**mail(), **_WANTED, **more})
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == ["unsubscribe"]


def test_whole_message_with_a_link_of_its_own(shop: Client) -> None:
    whole = b"From: a@example.com\nTo: c@example.net\nList-unsubscribe: <x:y>\n\nHi\n"
    body = {"raw": base64.b64encode(whole).decode(), **_WANTED}
    answer = shop.post("/v1/messages", body)
    assert [one["field"] for one in answer.json()["errors"]] == ["unsubscribe"]


def test_service_that_does_not_know_its_address(sender: Client) -> None:
    batch = {"messages": [mail(), mail(**_WANTED)]}
    for path, body, field in (
        ("/v1/messages", mail(**_WANTED), "unsubscribe"),
        ("/v1/messages/dry-run", mail(**_WANTED), "unsubscribe"),
        ("/v1/messages/batch", batch, "messages[1].unsubscribe"),
    ):
        answer = sender.post(path, body)
        assert answer.status_code == 422
        error = answer.json()["errors"][0]
        assert error["field"] == field
        assert "--public-url" in error["message"]
