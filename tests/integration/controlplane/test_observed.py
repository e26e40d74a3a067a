# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What nodes see is kept for their own instance, by who knows the kind."""

import base64
import typing as tp
import uuid as sys_uuid

import pytest

from exordos_mail import constants as c
from exordos_mail.controlplane.documents import collection
from exordos_mail.controlplane.observed import registry
from exordos_mail.dataplane.agent import gateway
from exordos_mail.dataplane.engine import source
from exordos_mail.protocol import messages, observations
from tests.integration.controlplane import world as w
from tests.integration.controlplane.gateway_world import Running, key_of

_HOLD = "SELECT FROM mail_instances WHERE uuid = %s FOR NO KEY UPDATE"
_BELOW = "UPDATE mail_domains SET description = 'x' WHERE instance = %s"
_RENAME = "UPDATE mail_instances SET description = %s WHERE uuid = %s"


@pytest.fixture
def client(
    running: Running, assigned: tp.Any, node: sys_uuid.UUID
) -> tp.Iterator[gateway.Client]:
    """The gateway client of the agent of `node`."""
    key = base64.b64decode(key_of(node))
    endpoint = f"ws://127.0.0.1:{running.port}{c.GATEWAY_PATH}"
    one = gateway.Client(endpoint, node, lambda: key)
    one.start()
    yield one
    one.stop()


@pytest.fixture(autouse=True)
def toys() -> None:
    """A kind that writes the number of a toy into the instance's description."""

    def keep(
        queries: collection.Queries,
        instance: sys_uuid.UUID,
        facts: observations.Facts,
    ) -> None:
        queries.execute(_BELOW, (instance,))
        for key, fact in facts.items():
            queries.execute(_RENAME, (f"{key}: {fact.get('n')}", instance))
            if "n" not in fact:
                raise messages.MessageError("a toy has no number")

    registry.add("toys", keep)


def test_facts_are_kept_for_the_nodes_own_instance(client, assigned, version):
    other = w.new_instance(version, "other.example")
    client.observe("toys", {"car": {"n": 7}})
    assert w.read(assigned).description == "car: 7"
    assert w.read(other).description != "car: 7"


def test_a_kind_that_nobody_knows_is_refused_and_no_more(client, assigned):
    with pytest.raises(source.GatewayError, match="does not know what dolls is"):
        client.observe("dolls", {"car": {"n": 7}})
    client.observe("toys", {"car": {"n": 8}})
    assert w.read(assigned).description == "car: 8"


def test_what_breaks_the_rules_of_its_kind_changes_nothing(client, assigned):
    client.observe("toys", {"car": {"n": 7}})
    with pytest.raises(source.GatewayError, match="away"):
        client.observe("toys", {"ball": {"n": 9}, "car": {}})
    assert w.read(assigned).description == "car: 7"


def test_nobody_keeps_facts_while_another_writes_the_instance(client, assigned, stage):
    """Who took what is below it first would wait for the other, and be waited for."""
    with stage.holding(_HOLD, assigned.uuid) as request:
        told = stage.start(lambda: client.observe("toys", {"car": {"n": 5}}))
        # The keeper would have begun with what the request is about to write.
        request.execute(_BELOW, (assigned.uuid,))
    told.result(30)
    assert w.read(assigned).description == "car: 5"


def test_a_node_without_an_instance_is_refused(client, assigned):
    w.read(assigned).delete()
    with pytest.raises(source.GatewayError, match="no mail instance is assigned"):
        client.observe("toys", {"car": {"n": 7}})
