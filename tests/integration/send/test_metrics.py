# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Metrics over HTTP, each brought about by what it is for."""

import json
import pathlib
import re
import time

import pytest

from exordos_mail.send.api import routes
from exordos_mail.send.api.route import Access, Route
from tests.integration.send.conftest import Services, add_relay
from tests.integration.send.exposition import fetch, recipients
from tests.integration.send.proxy import Proxy
from tests.integration.send.receiver import Receiver, Reply
from tests.integration.send.service import Client, Service, mail
from tests.integration.send.sink import Sink
from tests.integration.support import promtool, waiting

#: Answers to calls whose token is not good, or not good for this.
_DOOR = ("401", "403")
_DOCS = pathlib.Path(__file__).parents[3] / "docs" / "send"


def _until(
    service: Service, value: float | None, name: str, **labels: str | None
) -> None:
    wanted = {key: str(label) for key, label in labels.items()}
    waiting.until(
        lambda: fetch(service).get(name, **wanted) == value, f"{name} to be {value}"
    )


def _until_above(service: Service, least: float, name: str, **labels: str) -> None:
    waiting.until(
        lambda: (fetch(service).get(name, **labels) or 0) > least,
        f"{name} to be above {least}",
    )


def test_accepted_by_tenant_and_relay(service: Service, sender: Client) -> None:
    sender.send()
    batch = {"messages": [mail(f"r{number}@example.net") for number in range(4)]}
    sender.done(sender.post("/v1/messages/batch", batch))
    assert sender.post("/v1/messages", mail("no address")).status_code == 422
    found = fetch(service).get(
        "messages_accepted_total", tenant=str(sender.tenant), relay="default"
    )
    assert found == 5


def test_repeated_message_is_accepted_once(service: Service, sender: Client) -> None:
    for _ in range(3):
        sender.send(idempotency_key="once")
    batch = {"messages": [mail(idempotency_key="once")]}
    for _ in range(2):
        headers = {"Idempotency-Key": "batch"}
        sender.done(sender.post("/v1/messages/batch", batch, headers=headers))
    name = str(sender.tenant)
    assert fetch(service).get("messages_accepted_total", tenant=name) == 1


def test_results_by_recipient(service: Service, sender: Client, sink: Sink) -> None:
    sink.do("gone", "550 5.1.1 nobody")
    sink.do("later", "451 4.7.1 again", "451 4.7.1 again")
    message_id = sender.send(
        [f"{to}@example.net" for to in ("a", "b", "gone", "later")]
    )
    sender.wait(message_id, "partial")
    sender.wait(sender.send("gone@example.net"), "suppressed")
    wanted = {"sent": 3, "failed": 1, "deferred": 2, "suppressed": 1, "expired": 0}
    waiting.until(
        lambda: {name: recipients(service, sender, name) for name in wanted} == wanted,
        f"{wanted}",
    )


def test_expired_at_the_last_attempt(
    service: Service, sender: Client, sink: Sink
) -> None:
    sink.do("late", "451 4.7.1 again")
    message_id = sender.send("late@example.net", expires_at=time.time() + 0.2)
    sender.wait(message_id, "expired")
    waited = fetch(service).get("messages_expired_waiting_total") or 0
    at_work = recipients(service, sender, "expired") or 0
    # It depends on the moment which of the two it is.
    assert waited + at_work >= 1


def test_expired_while_waiting(service: Service, sender: Client) -> None:
    before = fetch(service).get("messages_expired_waiting_total") or 0
    sender.done(sender.call("PUT", "/v1/suspensions"))
    sender.wait(sender.send(expires_at=time.time() + 0.5), "expired")
    _until(service, before + 1, "messages_expired_waiting_total")


def test_limited(service: Service, tenant: Client, sink: Sink) -> None:
    add_relay(tenant, sink.port, limit_hour=1)
    tenant.wait(tenant.send(), "sent")
    labels = {"tenant": str(tenant.tenant), "relay": "default"}

    def seconds() -> float:
        return fetch(service).get("limited_seconds_total", **labels) or 0

    assert seconds() == 0
    tenant.send()
    waiting.until(lambda: seconds() >= 2, "a message to wait for the limit")


def test_rejected_over_the_limit(service: Service, tenant: Client, sink: Sink) -> None:
    add_relay(tenant, sink.port, limit_hour=1, over_limit="reject")
    tenant.wait(tenant.send(), "sent")
    tenant.wait(tenant.send(), "failed")
    waiting.until(lambda: recipients(service, tenant, "failed") == 1, "a failure")


def test_time_from_acceptance_to_sent(service: Service, sender: Client) -> None:
    name = "accepted_to_sent_seconds"
    labels = {"priority": "immediate", "attempt": "first"}
    before = fetch(service)
    sender.wait(sender.send(priority="immediate"), "sent")
    count = (before.get(f"{name}_count", **labels) or 0) + 1
    _until(service, count, f"{name}_count", **labels)
    after = fetch(service)
    assert (after.get(f"{name}_sum", **labels) or 0) > (
        before.get(f"{name}_sum", **labels) or 0
    )
    assert after.get(f"{name}_bucket", le="+Inf", **labels) == count


def test_queue_depth_and_age(service: Service, tenant: Client) -> None:
    # Nothing listens there.
    add_relay(tenant, waiting.free_port())
    name = str(tenant.tenant)
    assert fetch(service).get("queue_messages", tenant=name) is None
    tenant.send(send_at=time.time() + 3600)
    _until(service, 1, "queue_messages", tenant=name)
    assert fetch(service).get("queue_due_messages", tenant=name) == 0
    assert fetch(service).get("queue_oldest_due_seconds", tenant=name) == 0
    batch = {"messages": [mail(f"r{number}@example.net") for number in range(20)]}
    tenant.done(tenant.post("/v1/messages/batch", batch))
    _until(service, 21, "queue_messages", tenant=name)
    waiting.until(
        lambda: (
            (fetch(service).get("queue_oldest_due_seconds", tenant=name) or 0) > 0.5
        ),
        "an age",
    )
    assert (fetch(service).get("queue_due_messages", tenant=name) or 0) > 0
    tenant.done(tenant.call("PUT", "/v1/suspensions"))
    _until(service, None, "queue_messages", tenant=name)


def test_sending_and_workers(services: Services, sink: Sink) -> None:
    first = services.new().start()
    client = first.client(tenant="default")
    client.done(client.call("DELETE", "/v1/relays/default"))
    # Not given up while we look.
    add_relay(client, sink.port, timeout_seconds=60)
    _until(first, 0, "sending_messages")
    sink.do("stuck", "hang")
    client.send("stuck@example.net")
    _until(first, 1, "sending_messages")
    _until(first, 1, "workers")
    second = services.on(first.data, first.database).start()
    _until(first, 2, "workers")
    _until(second, 1, "sending_messages")
    # Each counts for itself.
    assert fetch(first).get("messages_accepted_total") == 1
    assert fetch(second).get("messages_accepted_total") is None


def test_webhook_lag(services: Services, sink: Sink, receiver: Receiver) -> None:
    options = ("--networks=127.0.0.0/8", "--ports=1-65535", "--webhook-retry=0.2")
    service = services.new(*options).start()
    client = service.client(tenant="default")
    client.done(client.call("DELETE", "/v1/relays/default"))
    add_relay(client, sink.port)
    assert fetch(service).get("webhook_lag_events") is None
    receiver.do(Reply(hang=True))
    tenant = "/v1/tenants/default"
    body = {"callback_url": receiver.url}
    client.done(service.client().call("PATCH", tenant, json=body))
    client.wait(client.send(), "sent")
    _until(service, 2, "webhook_lag_events", tenant="default")
    waiting.until(
        lambda: (
            (fetch(service).get("webhook_lag_seconds", tenant="default") or 0) > 0.3
        ),
        "an age",
    )
    receiver.release.set()
    _until(service, 0, "webhook_lag_events", tenant="default")
    assert fetch(service).get("webhook_lag_seconds", tenant="default") == 0
    assert fetch(service).get("webhook_disabled", tenant="default") == 0
    receiver.do(Reply(410))
    client.send()
    _until(service, 1, "webhook_disabled", tenant="default")


def test_without_the_database_the_others_are_told(
    behind_proxy: Service, proxy: Proxy
) -> None:
    client = behind_proxy.client(tenant="default")
    client.send(send_at=time.time() + 3600)
    assert fetch(behind_proxy).get("database_up") == 1
    assert (fetch(behind_proxy).get("beat_age_seconds") or 0) < 5
    proxy.down()
    found = fetch(behind_proxy)
    assert found.get("database_up") == 0
    assert found.get("queue_messages") is None
    assert found.get("messages_accepted_total") == 1
    _until_above(behind_proxy, 5, "beat_age_seconds")
    proxy.up()
    _until(behind_proxy, 1, "queue_messages")


def test_admin_reads_them_too_and_the_token_is_kept(services: Services) -> None:
    service = services.new().start()
    fetch(service, service.token)
    kept = service.data / "metrics-token"
    assert kept.stat().st_mode & 0o777 == 0o600
    token = kept.read_text()
    assert token.strip() not in service.log
    service.stop()
    service.start()
    assert kept.read_text() == token


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, id=f"{row.method} {row.path}")
        for row in routes.TABLE
        if row.access not in (Access.PUBLIC, Access.METRICS)
    ],
)
def test_metrics_token_opens_nothing_else(service: Service, row: Route) -> None:
    token = (service.data / "metrics-token").read_text().strip()
    path = re.sub(r"\{\w+\}", "x", row.path)
    answer = service.client(token).call(row.method, path, json={})
    assert answer.status_code == 401


def test_calls_refused_at_the_door_are_counted(
    service: Service, tenant: Client
) -> None:
    name = "calls_refused_total"
    before = {status: fetch(service).get(name, status=status) for status in _DOOR}
    key = tenant.done(tenant.post("/v1/keys", {"name": "k", "scopes": ["read"]}))
    assert service.client("wrong").call("GET", "/v1/messages").status_code == 401
    reader = service.client(key["key"])
    assert reader.post("/v1/messages", mail()).status_code == 403
    assert reader.call("GET", "/v1/messages/none").status_code == 404
    for status in _DOOR:
        _until(service, (before[status] or 0) + 1, name, status=status)


def test_alerts_are_what_prometheus_understands() -> None:
    promtool.run("check", "rules", _DOCS / "alerts.yaml")


def test_alerts_fire_when_they_should() -> None:
    promtool.run("test", "rules", pathlib.Path(__file__).parent / "alerts_test.yaml")


def test_queries_of_the_dashboard_are_understood(tmp_path: pathlib.Path) -> None:
    board = json.loads((_DOCS / "dashboard.json").read_text())
    queries = [
        target["expr"].replace("$tenant", ".*").replace("$relay", ".*")
        for panel in board["panels"]
        for target in panel["targets"]
    ]
    rules = [
        {"record": f"panel:{number}", "expr": query}
        for number, query in enumerate(queries)
    ]
    path = tmp_path / "rules.yaml"
    path.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    promtool.run("check", "rules", path)
