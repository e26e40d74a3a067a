# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A running node gateway and nodes that may call it, for its tests."""

import socket
import typing as tp
import uuid as sys_uuid

from gcl_sdk.agents.universal.dm import models as ua_models
from oslo_config import cfg
import pytest

from exordos_mail.controlplane import wakeup
from exordos_mail.controlplane.gateway import service
from tests.integration.controlplane import caller as calls
from tests.integration.controlplane import world as w
from tests.integration.support import waiting


class Running:
    """The gateway and the listener that tells it of changes."""

    def __init__(self) -> None:
        self.port = waiting.free_port()
        cfg.CONF.set_override("gateway_host", "127.0.0.1", group="mail")
        cfg.CONF.set_override("gateway_port", self.port, group="mail")
        self.gateway = service.GatewayService()
        self.listener = wakeup.NotificationListener(on_change=self.gateway.ring)

    def start(self) -> None:
        self.gateway._setup()
        self.listener._setup()
        waiting.until(self.listens, "the gateway")

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        self.listener.stop()
        self.gateway.stop()
        if self.gateway._thread is not None:
            self.gateway._thread.join(10)
        assert not self.listens()
        cfg.CONF.clear_override("gateway_host", group="mail")
        cfg.CONF.set_override("gateway_port", 0, group="mail")


@pytest.fixture
def running(world: w.World) -> tp.Iterator[Running]:
    found = Running()
    found.start()
    try:
        yield found
    finally:
        found.stop()


def key_of(node: sys_uuid.UUID) -> str:
    return str(ua_models.NodeEncryptionKey.get_or_create(node).private_key)


@pytest.fixture
def call(running: Running) -> tp.Iterator[tp.Callable[..., calls.Caller]]:
    made: list[calls.Caller] = []

    def connect(node: sys_uuid.UUID, key: str | None = None) -> calls.Caller:
        made.append(calls.Caller(running.port, node, key or key_of(node)))
        return made[-1]

    yield connect
    for one in made:
        one.socket.close()


def serve(
    world: w.World, instance: tp.Any, node: sys_uuid.UUID, address: str = w.ADDRESS
) -> None:
    """Bring an instance to where its node has a payload."""
    world.iterate()
    w.core_reports(instance, {node: address})
    w.agent_registers(node)
    world.iterate()


@pytest.fixture
def assigned(running, world, instance, node):
    serve(world, instance, node)
    return instance
