# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A message says what it waits for."""

import time

from tests.integration.send.conftest import add_relay
from tests.integration.send.service import Client
from tests.integration.send.sink import Sink


def _why(tenant: Client, message_id: str) -> tuple[str | None, str | None]:
    found = tenant.message(message_id)
    listed = tenant.get("/v1/messages")["messages"]
    row = next(one for one in listed if one["id"] == message_id)
    assert row["waits_for"] == found["waits_for"]
    return found["waits_for"], found["waits_until"]


def test_limit_is_named_with_its_end(admin: Client, tenant: Client, sink: Sink) -> None:
    change = {"limit_day": 2}
    admin.done(admin.call("PATCH", f"/v1/tenants/{tenant.tenant}", json=change))
    add_relay(tenant, sink.port, "slow", limit_hour=1)
    add_relay(tenant, sink.port, "fast")
    tenant.wait(tenant.send(relay="slow"), "sent")
    message_id = tenant.send(relay="slow")
    reason, until = _why(tenant, message_id)
    assert reason == "rate_limit"
    assert until is not None
    assert until > tenant.message(message_id)["due_at"]
    tenant.wait(tenant.send(relay="fast"), "sent")
    held = tenant.send(relay="fast")
    assert _why(tenant, held)[0] == "rate_limit"


def test_time_retry_suspension_and_switched_off_tenant(
    admin: Client, sender: Client, sink: Sink
) -> None:
    later = sender.send(send_at=time.time() + 3600)
    assert _why(sender, later) == ("time", sender.message(later)["due_at"])
    sender.done(sender.call("PUT", "/v1/suspensions/b"))
    assert _why(sender, sender.send(batch="b")) == ("suspension", None)
    sent = sender.send()
    sender.wait(sent, "sent")
    assert _why(sender, sent) == (None, None)
    path = f"/v1/tenants/{sender.tenant}"
    admin.done(admin.call("PATCH", path, json={"active": False}))
    assert _why(sender, sender.send()) == ("tenant_inactive", None)
