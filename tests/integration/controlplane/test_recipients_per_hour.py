# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How many recipients an account may reach is the operator's to say."""

import typing as tp

from oslo_config import cfg
import pytest

from exordos_mail.controlplane.paas.services import builder
from tests.integration.controlplane import world as w
from tests.unit.node_values import candidate_of


@pytest.fixture
def limit() -> tp.Iterator[None]:
    cfg.CONF.set_override("recipients_per_hour", 25, group="mail")
    yield
    cfg.CONF.clear_override("recipients_per_hour", group="mail")


def test_limit_of_recipients_is_the_operators(limit, call, assigned, node, world):
    world.iterate()
    assert call(node).ask().settings["rate_limit"] == "25 / 1h"


def test_limit_of_recipients_in_a_payload(limit, served, world):
    world.iterate()
    accepted = candidate_of(w.payload(served)).payload
    assert accepted.spec.rate_limit == "25 / 1h"


def test_node_with_a_newer_limit_than_its_payload_is_active(
    call, assigned, node, world, request
):
    w.node_reports(assigned)
    world.iterate()
    assert w.read(assigned).status == "ACTIVE"
    request.getfixturevalue("limit")
    told = call(node).ask().state.revision
    assert told != w.payload(assigned)["revision"]
    for revision, status, expected in (
        (told, "IN_PROGRESS", "IN_PROGRESS"),
        ("0" * 64, "ACTIVE", "IN_PROGRESS"),
        (told, "ACTIVE", "ACTIVE"),
    ):
        w.node_reports(assigned, status, revision=revision)
        world.iterate()
        assert w.read(assigned).status == expected
    assert w.payload(assigned)["revision"] == told


@pytest.mark.parametrize("text", ["0", "-1", "many", "1000001"])
def test_limit_that_is_none_ends_the_start(tmp_path, text):
    config = tmp_path / "mail.conf"
    config.write_text(f"[mail]\nrecipients_per_hour = {text}\n")
    try:
        cfg.CONF(["--config-file", str(config)], project="test")
        with pytest.raises(cfg.ConfigFileValueError, match="recipients_per_hour"):
            builder.MailInstanceBuilder()
    finally:
        cfg.CONF([], project="test")
