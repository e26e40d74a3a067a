# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What nodes are told of their own resolver, by the operator's options."""

from oslo_config import cfg
import pytest

from exordos_mail.controlplane.paas.services import builder
from tests.integration.controlplane import caller as calls
from tests.integration.controlplane import world as w
from tests.unit.node_values import candidate_of

_ANCHOR = ". DS 20326 8 2 " + "E06D44B8" * 8


@pytest.fixture
def option():
    def option(name, value):
        cfg.CONF.set_override(name, value, group="mail")

    yield option
    for name in ("node_resolver", "node_forwarders", "node_trust_anchors"):
        cfg.CONF.clear_override(name, group="mail")


def test_node_asks_from_the_root_on_unless_it_is_told(call, world, assigned, node):
    world.iterate()
    answer = call(node).ask()
    assert answer.settings["resolver"] == {"forwarders": [], "anchors": []}
    calls.check(answer)


@pytest.fixture
def own_root(option):
    option("node_forwarders", ["192.0.2.54"])
    option("node_trust_anchors", [_ANCHOR])


def test_forwarders_and_anchors_in_a_payload(own_root, served, world):
    world.iterate()
    found = candidate_of(w.payload(served)).payload.spec.resolver
    assert found.forwarders == ("192.0.2.54",)
    assert found.anchors == (_ANCHOR,)


def test_no_resolver(option, call, world, assigned, node):
    option("node_resolver", False)
    world.iterate()
    assert "resolver" not in call(node).ask().settings


@pytest.mark.parametrize(
    "line",
    [
        "node_forwarders = 192.0.2.54, ns1.example.com",
        "node_forwarders = fe80::1%eth0",
        "node_trust_anchors = . DS 20326 8 2",
    ],
)
def test_options_that_are_wrong_end_the_start(tmp_path, line):
    config = tmp_path / "mail.conf"
    config.write_text(f"[mail]\n{line}\n")
    try:
        cfg.CONF(["--config-file", str(config)], project="test")
        name = line.partition(" ")[0]
        with pytest.raises(cfg.ConfigFileValueError, match=name):
            builder.MailInstanceBuilder()
    finally:
        cfg.CONF([], project="test")
