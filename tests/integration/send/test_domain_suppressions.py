# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An entry of the suppression list for a whole domain, however it is written."""

import pathlib
import time
import urllib.parse

import pytest

from exordos_mail.send import clock
from tests.integration.send.conftest import Services
from tests.integration.send.managed import Node, document, suppression
from tests.integration.send.service import Client, Service
from tests.integration.send.sink import Sink
from tests.integration.send.test_state import state
from tests.integration.support import waiting

_ONE = "*@xn--bcher-kva.example"


def _path(address: str) -> str:
    return f"/v1/suppressions/{urllib.parse.quote(address, safe='')}"


def _suppress(tenant: Client, address: str, **more: object) -> dict[str, object]:
    body = {"reason": "closed", **more}
    return dict(tenant.done(tenant.call("PUT", _path(address), json=body)))


@pytest.mark.parametrize(
    "given",
    [
        _ONE,
        "@xn--bcher-kva.example",
        "@XN--BCHER-KVA.Example",
        "@bücher.example",
        "*@BÜCHER.example",
        # Combining marks, and the full stop of another script.
        "@bu\u0308cher\u3002example",
    ],
)
def test_each_form_of_a_domain_is_one_entry(
    sender: Client, sink: Sink, given: str
) -> None:
    assert _suppress(sender, given)["address"] == _ONE
    assert sender.get(_path(given))["reason"] == "closed"
    (listed,) = sender.get("/v1/suppressions")["suppressions"]
    assert (listed["address"], listed["source"]) == (_ONE, "manual")
    for to in (
        "ann@bücher.example",
        "Bob@xn--bcher-kva.EXAMPLE",
        "jörg@Bücher.example",
    ):
        found = sender.message(sender.send(to))
        assert found["state"] == "suppressed", to
        assert found["events"][-1]["details"]["reason"] == "closed"
    # Neither above nor below it, nor one that ends like it.
    others = ["a@sub.bücher.example", "a@example.example", "a@altbücher.example"]
    sender.wait(sender.send(others), "sent")
    sender.done(sender.call("DELETE", _path(given)))
    sender.wait(sender.send("ann@bücher.example"), "sent")


def test_it_ends_when_it_says(sender: Client, sink: Sink) -> None:
    found = _suppress(sender, "@closed.example", expires_at=time.time() + 1)
    assert found["expires_at"] is not None
    assert sender.message(sender.send("a@closed.example"))["state"] == "suppressed"
    waiting.until(
        lambda: (
            sender.message(sender.send("a@closed.example"))["state"] != "suppressed"
        ),
        "its end",
    )


def test_entry_of_an_address_is_another_one(sender: Client, sink: Sink) -> None:
    _suppress(sender, "@closed.example")
    _suppress(sender, "a@closed.example", reason="asked to")
    found = sender.message(sender.send("a@closed.example"))
    assert found["events"][-1]["details"]["reason"] == "asked to"
    sender.done(sender.call("DELETE", _path("@closed.example")))
    assert sender.message(sender.send("a@closed.example"))["state"] == "suppressed"
    sender.wait(sender.send("b@closed.example"), "sent")


@pytest.mark.parametrize(
    "address",
    [
        *("@", "*@", "@com", "@closed.example.", "@a@b.example", "@[192.0.2.1]"),
        *("@-a.example", "@.example", "@a_b.example", "@*.example", "@a b.example"),
        "@" + "a" * 64 + ".example",
        "@" + "a." * 200 + "example",
        "@\u202eexample.com",
        "**",
        "*",
    ],
)
def test_what_is_no_domain_is_refused(tenant: Client, address: str) -> None:
    answer = tenant.call("PUT", _path(address), json={"reason": "x"})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == "address"
    assert tenant.get("/v1/suppressions")["suppressions"] == []


def test_recipient_that_looks_like_it_has_no_link_to_unsubscribe(
    services: Services, sink: Sink
) -> None:
    """The link would close the whole domain."""
    options = ("--public-url", "https://send.example.com")
    service = services.new(*options, "--smtp", f"127.0.0.1:{sink.port}").start()
    body = {"from": "a@b.example", "to": "*@c.example", "text": "x"}
    tenant = service.client(tenant="default")
    answer = tenant.post("/v1/messages", {**body, "unsubscribe": True})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "unsubscribe"


def test_log_and_state_take_it_along(
    services: Services, sink: Sink, tmp_path: pathlib.Path
) -> None:
    old, new = services.new().start(), services.new()
    tenant = old.client(tenant="default")
    until = clock.text(clock.now() + 3600_000)
    made = _suppress(tenant, "@bücher.example", expires_at=until)
    assert made["expires_at"] == until
    (call,) = _exported(old)
    tenant.done(tenant.call("DELETE", _path(_ONE)))
    tenant.done(tenant.call("PUT", call, json={"reason": "closed"}))
    tenant.done(tenant.call("DELETE", _path(_ONE)))
    made = _suppress(tenant, "@bücher.example", expires_at=until)
    old.stop()
    file = tmp_path / "state"
    state(old, "export", file, "--without-secrets")
    state(new, "import", file)
    assert new.start().client(tenant="default").get(_path("@bücher.example")) == made


def _exported(service: Service) -> list[str]:
    found = service.client().get("/v1/commands/export", tenant="default")["commands"]
    paths = [one["path"] for one in found if one["method"] == "PUT"]
    return [one.partition("?")[0] for one in paths if "suppressions" in one]


def test_control_plane_has_it_too(node: Node) -> None:
    entry = suppression("*@closed.example")
    tenant = node.done(document(suppressions=[entry]))
    assert tenant.message(tenant.send("a@closed.example"))["state"] == "suppressed"
    assert tenant.get(_path("@closed.example"))["source"] == "managed"
    answer = tenant.call("DELETE", _path("@closed.example"))
    assert (answer.status_code, answer.json()["code"]) == (409, "managed")
