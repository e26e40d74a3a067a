# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The resource that the agent handles: hashes agree and no bulk goes out."""

import json
import logging
import uuid as sys_uuid

from gcl_sdk.agents.universal import utils
from gcl_sdk.agents.universal.dm import models
import pytest

from exordos_mail import constants as c
from exordos_mail.dataplane.agent import node
from exordos_mail.dataplane.engine import report

_UUID = sys_uuid.UUID(int=1)
_VALUE = {
    "uuid": str(_UUID),
    "name": "mail",
    "generation": 7,
    "revision": "a" * 64,
    "domain": "example.com",
    "bulk": {
        "accounts": {"alice": "$6$secret"},
        "dkim_keys": {},
        "rate_limit": "1 / 1h",
    },
}


class Machine:
    """A machine that does what it is told, or fails."""

    def __init__(self, failure=None):
        self.failure = failure
        self.values = []

    def converge(self, value):
        self.values.append(value)
        if self.failure:
            raise self.failure()
        return self.observe()

    def observe(self):
        if self.failure:
            raise self.failure()
        return report.Report(
            uuid=str(_UUID),
            name="mail",
            generation=7,
            revision="a" * 64,
            domain="example.com",
            status="ACTIVE",
            dkim={"platform": "v=DKIM1"},
        )


@pytest.fixture
def machine(monkeypatch):
    machine = Machine()
    monkeypatch.setattr(node.MailInstanceNode, "mail_node", machine, raising=False)
    return machine


def _resource(value=_VALUE) -> models.Resource:
    return models.Resource(
        uuid=_UUID,
        kind=c.NODE_KIND,
        res_uuid=models.Resource.gen_res_uuid(_UUID, c.NODE_KIND),
        value=value,
    )


def test_reported_hash_is_the_control_planes(machine):
    model = node.MailInstanceNode.from_ua_resource(_resource())
    model.dump_to_dp()
    wanted = {name: _VALUE[name] for name in node.TARGET_FIELDS}
    assert model.to_ua_resource(c.NODE_KIND).hash == utils.calculate_hash(wanted)


def test_result_fields_never_become_wishes(machine):
    """The agent repairs with the last reported value."""
    model = node.MailInstanceNode.from_ua_resource(_resource())
    model.dump_to_dp()
    reported = model.to_ua_resource(c.NODE_KIND)
    again = node.MailInstanceNode.from_ua_resource(reported)
    again.update_on_dp()
    assert again.to_ua_resource(c.NODE_KIND).hash == reported.hash
    assert machine.values[-1]["bulk"] is None


def test_bulk_reaches_the_machine_and_nothing_else(machine):
    model = node.MailInstanceNode.from_ua_resource(_resource())
    model.dump_to_dp()
    assert machine.values[0]["bulk"] == _VALUE["bulk"]
    told = json.dumps(model.to_ua_resource(c.NODE_KIND).dump_to_simple_view())
    told += json.dumps(model.dump_to_simple_view()) + repr(model)
    assert "$6$" not in told
    assert "rate_limit" not in told


def test_meta_fields_are_few(machine):
    assert node.MailInstanceNode(uuid=_UUID).get_meta_fields() == {
        "uuid",
        "name",
        "target_fields",
    }


@pytest.mark.parametrize("step", ["dump_to_dp", "update_on_dp", "restore_from_dp"])
def test_failure_is_a_report_without_the_exceptions_text(machine, caplog, step):
    caplog.set_level(logging.DEBUG)
    machine.failure = lambda: RuntimeError("$6$secret")
    model = node.MailInstanceNode.from_ua_resource(_resource())
    getattr(model, step)()
    resource = model.to_ua_resource(c.NODE_KIND)
    assert resource.status == "ERROR"
    assert resource.value["status_reason"] == "internal error: RuntimeError"
    assert resource.value["revision"] == ""
    assert "$6$" not in caplog.text
    assert "RuntimeError" in caplog.text


def test_reason_is_one_printable_line():
    failed = report.Report().failed("first\nsecond\t\x1b[31mthird" + "x" * 1000)
    assert failed.reason.startswith("first second ?[31mthird")
    assert len(failed.reason) <= 500
