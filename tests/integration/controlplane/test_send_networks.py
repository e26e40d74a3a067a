# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Private networks of the send service, which its nodes are told."""

from oslo_config import cfg
import pytest

from exordos_mail.controlplane.paas.services import builder
from tests.integration.controlplane import caller as calls
from tests.integration.controlplane import tenants
from tests.integration.controlplane import world as w
from tests.unit.node_values import candidate_of


@pytest.fixture
def networks():
    cfg.CONF.set_override(
        "send_private_networks", ["10.0.0.0/8", "fd00::/8"], group="mail"
    )
    yield ["10.0.0.0/8", "fd00::/8"]
    cfg.CONF.clear_override("send_private_networks", group="mail")


def test_nodes_are_told_nothing_of_networks_that_are_not_set(call, assigned, node):
    assert "send_networks" not in call(node).ask().settings


def test_private_networks_are_told(networks, call, world, assigned, node):
    world.iterate()
    answer = call(node).ask()
    assert answer.settings["send_networks"] == networks
    assert w.payload(assigned)["revision"] == answer.state.revision
    calls.check(answer)


def test_private_networks_in_a_payload(networks, served, world, db):
    tenants.add(db, served)
    world.iterate()
    candidate = candidate_of(w.payload(served))
    assert candidate.payload.spec.send_networks == tuple(networks)


@pytest.mark.parametrize("text", ["10.0.0.1/8", "everywhere", "10.0.0.0/8;::/0"])
def test_networks_that_are_none_end_the_start(tmp_path, text):
    config = tmp_path / "mail.conf"
    config.write_text(f"[mail]\nsend_private_networks = fd00::/8, {text}\n")
    try:
        cfg.CONF(["--config-file", str(config)], project="test")
        with pytest.raises(cfg.ConfigFileValueError, match="send_private_networks"):
            builder.MailInstanceBuilder()
        config.write_text("[mail]\nsend_private_networks = FD00::/8, 10.0.0.1\n")
        cfg.CONF(["--config-file", str(config)], project="test")
        builder.MailInstanceBuilder()
        found = cfg.CONF.mail.send_private_networks
        assert found == ["fd00::/8", "10.0.0.1/32"]
    finally:
        cfg.CONF([], project="test")
