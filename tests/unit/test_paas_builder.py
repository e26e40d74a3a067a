# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the PaaS builder sends to a node, and what it makes of a report."""

import hashlib
import uuid as sys_uuid

from gcl_sdk.paas.services import builder as sdk_builder
from oslo_config import cfg
import pytest

from exordos_mail.controlplane.dm import models as dm_models
from exordos_mail.controlplane.paas.dm import models
from exordos_mail.controlplane.paas.services import builder

AGENT = sys_uuid.UUID(int=7)
RECORDS = {
    "platform": "v=DKIM1; k=rsa; p=AAAA",
    "platform-ed25519": "v=DKIM1; k=ed25519; p=BBBB",
}
SECRET = "$6$saltsalt$" + "x" * 85 + "1"


def new_instance(**fields):
    stored = dm_models.MailInstance(
        name="m1",
        project_id=sys_uuid.UUID(int=1),
        domain="example.com",
        cpu=1,
        ram=1024,
        disk_size=10,
        version=dm_models.MailVersion(name="v1", image="http://image.test/i.raw"),
        **fields,
    )
    return models.PaaSInstance(stored)


def payload(generation=2, bulk=None):
    bulk = bulk or {"texts": {"accounts": {"35": SECRET}}}
    return models.MailInstanceNode(
        uuid=AGENT,
        name="m1",
        generation=generation,
        revision=hashlib.sha256(repr(bulk).encode()).hexdigest(),
        domain="example.com",
        bulk=bulk,
    )


def report(target, status="ACTIVE", **fields):
    values = {
        "uuid": target.uuid,
        "name": target.name,
        "generation": target.generation,
        "revision": target.revision,
        "domain": target.domain,
        "status": status,
        "dkim": RECORDS,
        **fields,
    }
    return models.MailInstanceNode(**values)


def take(instance, target, actual):
    pair = sdk_builder.PaaSResourcePair(target, actual)
    service = builder.MailInstanceBuilder()
    return service.actualize_paas_objects_source_data_plane(
        instance, sdk_builder.PaaSCollection((pair,))
    )


def test_the_target_carries_bulk_but_hashes_without_it():
    resource = payload().to_ua_resource(master=sys_uuid.UUID(int=9))
    assert resource.value["bulk"]["texts"]["accounts"] == {"35": SECRET}
    without = payload()
    without.bulk = None
    assert resource.hash == without.to_ua_resource(master=sys_uuid.UUID(int=9)).hash
    other = payload(bulk={"texts": {}})
    assert other.to_ua_resource(master=sys_uuid.UUID(int=9)).hash != resource.hash


def test_the_target_survives_the_way_through_the_platforms_table():
    resource = payload().to_ua_resource(master=sys_uuid.UUID(int=9))
    again = models.MailInstanceNode.from_ua_resource(resource)
    assert again.to_ua_resource(master=sys_uuid.UUID(int=9)).value == resource.value


def test_a_payload_names_its_agent_itself():
    assert payload().schedule_to_ua_agent() == AGENT


def test_active_needs_the_wanted_revision_in_service():
    instance, target = new_instance(), payload()
    take(instance, target, report(target, generation=1, revision="0" * 64))
    assert instance.service_status == "IN_PROGRESS"
    take(instance, target, report(target))
    assert instance.service_status == "ACTIVE"
    assert instance.applied_generation == target.generation


def test_an_older_revision_in_service_keeps_active():
    instance, target = new_instance(), payload()
    take(instance, target, report(target))
    later = payload(3, {"texts": {}})
    take(instance, later, report(target))
    assert instance.service_status == "ACTIVE"
    assert instance.applied_generation == target.generation


@pytest.mark.parametrize("before", ["NEW", "IN_PROGRESS", "ACTIVE"])
def test_an_error_shows_its_reason_in_one_line(before):
    instance, target = new_instance(service_status=before), payload()
    take(
        instance,
        target,
        report(target, "ERROR", status_reason="exim4:\n  bad  option" + "!" * 5000),
    )
    assert instance.service_status == "ERROR"
    assert instance.service_reason.startswith("exim4: bad option!")
    assert len(instance.service_reason) <= 1024


def test_after_an_error_an_older_revision_is_not_called_active():
    instance, target = new_instance(service_status="ERROR"), payload()
    take(instance, target, report(target, revision="0" * 64))
    assert instance.service_status == "IN_PROGRESS"


def test_a_node_that_knows_nothing_is_in_progress():
    instance, target = new_instance(), payload()
    take(instance, target, report(target, "IN_PROGRESS", revision="", generation=0))
    assert instance.service_status == "IN_PROGRESS"
    assert instance.applied_generation == 0


def test_no_report_changes_nothing():
    instance, target = new_instance(), payload()
    assert take(instance, target, None) == (target,)
    assert instance.service_status == "NEW"


@pytest.fixture
def unchecked():
    """A platform that does not ask the DNS."""
    cfg.CONF.set_override("dns_checks", False, group="mail")
    yield
    cfg.CONF.clear_override("dns_checks", group="mail")


def test_dkim_facts_come_from_the_node(unchecked):
    instance, target = new_instance(), payload()
    take(instance, target, report(target))
    assert instance.dkim_selector == "platform"
    assert instance.dkim_public_key == RECORDS["platform"]
    assert instance.dkim_keys == [
        {
            "selector": selector,
            "name": f"{selector}._domainkey.example.com",
            "type": "TXT",
            "value": RECORDS[selector],
        }
        for selector in ("platform", "platform-ed25519")
    ]


def test_the_same_report_twice_leaves_nothing_to_write():
    instance, target = new_instance(), payload()
    take(instance, target, report(target))
    stored = instance.dump_to_simple_view()
    take(instance, target, report(target))
    assert instance.dump_to_simple_view() == stored
