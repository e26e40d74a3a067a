# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The send API on a node: who may send by HTTP is decided in the control plane."""

import base64
import collections.abc as cabc
import secrets
import typing as tp

import pytest
import standardwebhooks

from tests.e2e import harness as harness_module
from tests.e2e import remote_hosts, send_tenants
from tests.functional import api as api_module
from tests.functional import resources, waiting
from tests.integration.send import receiver as receiver_module
from tests.stand import settings

UNIT = "exordos-mail-send.service"
RECEIVER_PORT = 8443  # one that webhooks may reach


@pytest.fixture(scope="module")
def trusted(
    harness: harness_module.Harness,
    instance: resources.Instance,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """Return a file with the certificate of the node."""
    node = harness_module.Node(harness, instance.uuid)
    return send_tenants.certificate(node, tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tenants(
    api: api_module.Api,
    instance: resources.Instance,
    published: None,
    trusted: str,
) -> cabc.Iterator[send_tenants.Tenants]:
    """Return a maker of tenants whose work is undone after the test."""
    maker = send_tenants.Tenants(api, instance, trusted)
    yield maker
    maker.remove()


@pytest.fixture
def receiver() -> cabc.Iterator[receiver_module.Receiver]:
    """Return a webhook receiver that nodes can reach."""
    found = receiver_module.Receiver(settings.GATEWAY_IP, RECEIVER_PORT)
    yield found
    found.close()


def new_recipient(remote: str) -> str:
    """Return an address that nobody else has, at a remote host."""
    return f"bob-{secrets.token_hex(4)}@{remote_hosts.domain(remote)}"


def test_a_tenant_sends_and_hears_of_it(
    harness: harness_module.Harness,
    instance: resources.Instance,
    tenants: send_tenants.Tenants,
    receiver: receiver_module.Receiver,
) -> None:
    """DKIM is good for somebody else; the webhook tells what became of the message."""
    secret = secrets.token_bytes(32)
    tenant = tenants.working(
        callback_url=receiver.url,
        callback_auth="signature",
        callback_secret=f"whsec_{base64.b64encode(secret).decode()}",
    )
    for remote in remote_hosts.NAMES:
        recipient = new_recipient(remote)
        message = tenant.service.send(f"orders@{instance.domain}", recipient)
        tenant.service.wait_state(message, "sent")
        headers, _ = remote_hosts.received(harness, remote, recipient)
        results = " ".join(headers["authentication-results"])
        assert results.count("dkim=pass") == 2, results
        assert "spf=pass" in results, results
        waiting.until(
            "the webhook has told accepted, sent, delivered",
            lambda message=message: [  # type: ignore[misc]
                event["type"]
                for delivery in list(receiver.deliveries)
                for event in delivery.events
                if event["message_id"] == message
            ],
            good=lambda types: types == ["accepted", "sent", "delivered"],
        )
    for delivery in receiver.deliveries:
        standardwebhooks.Webhook(secret).verify(delivery.body, delivery.headers)


def test_a_tenant_sees_and_uses_nothing_of_another(
    instance: resources.Instance, tenants: send_tenants.Tenants
) -> None:
    one, other = tenants.working(), tenants.working()
    message = one.service.send(f"a@{instance.domain}", new_recipient("MX1"))
    one.service.wait_state(message, "sent")
    answer = other.service.call("GET", f"/v1/messages/{message}")
    assert answer.status_code == 404


def test_a_tenant_sends_for_the_instances_domain_only(
    tenants: send_tenants.Tenants,
) -> None:
    tenant = tenants.working()
    body = {
        "from": f"a@{remote_hosts.domain('MX1')}",
        "to": [new_recipient("MX1")],
        "subject": "not mine",
        "text": "x",
    }
    answer = tenant.service.call("POST", "/v1/messages", json=body)
    assert 400 <= answer.status_code < 500, answer.text


def test_a_deleted_key_opens_nothing(
    api: api_module.Api, tenants: send_tenants.Tenants
) -> None:
    tenant = tenants.working()
    api.delete(tenant.key_path)
    tenants.wait_status(tenant, 401)


def test_a_tenant_that_is_switched_off_sends_nothing(
    api: api_module.Api,
    instance: resources.Instance,
    tenants: send_tenants.Tenants,
    node: harness_module.Node,
) -> None:
    """Its messages wait until it is switched on again."""
    tenant = tenants.working()
    api.update(tenant.path, {"active": False})
    admin = send_tenants.admin(instance.domain, tenants.trusted, node)
    waiting.until(
        "the node knows that the tenant is off",
        lambda: admin.call("GET", f"/v1/tenants/{tenant.slug}").json()["active"],
        good=lambda active: active is False,
    )
    first = tenant.service.send(f"a@{instance.domain}", new_recipient("MX1"))
    other = tenants.working()
    last = other.service.send(f"a@{instance.domain}", new_recipient("MX1"))
    other.service.wait_state(last, "sent")
    tenant.service.wait_state(first, "queued")
    api.update(tenant.path, {"active": True})
    tenant.service.wait_state(first, "sent")


def test_a_suppression_of_the_control_plane_holds_on_the_node(
    api: api_module.Api, instance: resources.Instance, tenants: send_tenants.Tenants
) -> None:
    tenant = tenants.working()
    recipient = new_recipient("MX1")
    api.create(
        f"{tenant.path}/suppressions/",
        {
            "address": recipient,
            "reason": "asked to be left alone",
            "project_id": api.cloud.project,
        },
    )
    waiting.until(
        "the node knows the suppression",
        lambda: tenant.service.status("GET", f"/v1/suppressions/{recipient}"),
        good=lambda status: status == 200,
    )
    message = tenant.service.send(f"a@{instance.domain}", recipient)
    tenant.service.wait_state(message, "suppressed")


def test_what_the_control_plane_manages_is_read_only_on_the_node(
    instance: resources.Instance,
    tenants: send_tenants.Tenants,
    node: harness_module.Node,
) -> None:
    tenant = tenants.working()
    admin = send_tenants.admin(instance.domain, tenants.trusted, node)
    path = f"/v1/tenants/{tenant.slug}"
    shown = admin.call("GET", path)
    assert shown.json()["managed"] is True
    for method, body in (("PATCH", {"active": False}), ("DELETE", None)):
        answer = admin.call(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "managed")


def test_accounts_change_while_the_send_service_is_down(
    tenants: send_tenants.Tenants,
    accounts: resources.Accounts,
    node: harness_module.Node,
    api: api_module.Api,
    instance: resources.Instance,
) -> None:
    """And when it may run again it comes back by itself."""
    tenant = tenants.working()
    # The agent may just be starting it, which ends a stop.
    stop = f"systemctl stop {UNIT}"
    node.shell(f"systemctl mask --runtime {UNIT}; {stop} || {stop}")
    try:
        accounts.working()
        tenants.wait_status(tenant, 503)
    finally:
        node.run("systemctl", "unmask", "--runtime", UNIT)
    tenants.wait_status(tenant, 200)
    api.wait_active(instance.uuid)


def test_a_node_that_boots_without_the_control_plane_sends(
    harness: harness_module.Harness,
    tenants: send_tenants.Tenants,
    instance: resources.Instance,
    node: harness_module.Node,
    api: api_module.Api,
) -> None:
    tenant = tenants.working()
    api.wait_active(instance.uuid)
    with harness.stopped(*harness_module.NODE_SERVICES):
        node.power("off")
        node.power("on")
        tenants.wait_status(tenant, 200)
        recipient = new_recipient("MX1")
        tenant.service.send(f"a@{instance.domain}", recipient)
        remote_hosts.received(harness, "MX1", recipient)


def test_without_tenants_no_send_service_runs(
    api: api_module.Api,
    tenants: send_tenants.Tenants,
    node: harness_module.Node,
    instance: resources.Instance,
) -> None:
    tenant = tenants.working()
    api.delete(tenant.path)
    # The web server goes on: it has the pages of the domains.
    tenants.wait_status(tenant, 404)
    waiting.until(
        "the unit is stopped",
        lambda: node.unit_property(UNIT, "ActiveState"),
        good=lambda state: state == "inactive",
    )
    files: tp.Final = node.shell("ls -A /etc/exordos_mail_send || true")
    assert files == ""
    api.wait_active(instance.uuid)
