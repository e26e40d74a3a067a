# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A release of the element brings a new image; no machine is rebuilt for that."""

import typing as tp
import uuid as sys_uuid

import pytest

from exordos_mail.controlplane import nodes as platform_nodes
from exordos_mail.controlplane.dm import models
from tests.integration.controlplane import world as w

OLD, NEW = "urn:images:old", "urn:images:new"


@pytest.fixture
def catalogued(world: w.World, engine: tp.Any) -> models.MailVersion:
    """A version of a name of its own."""
    version = models.MailVersion(name=f"v-{sys_uuid.uuid4()}", image=OLD)
    version.insert()
    return version


def wanted_image(instance: models.MailInstance) -> str:
    """Return the image that Core is asked for."""
    (target,) = w.targets(platform_nodes.NODE_SET_KIND, instance.uuid)
    return str(target.value["disk_spec"]["disks"][0]["image"])


def test_a_new_image_waits_until_the_version_is_chosen_again(
    world: w.World, catalogued: models.MailVersion
) -> None:
    instance = w.new_instance(catalogued)
    world.iterate()
    assert wanted_image(instance) == OLD
    catalogued.image = NEW
    catalogued.update()
    w.add_account(instance, "alice")
    world.iterate()
    assert wanted_image(instance) == OLD
    chosen = w.read(instance)
    generation = chosen.generation
    chosen.update_dm({"version": chosen.version})
    chosen.update()
    assert chosen.generation == generation + 1
    world.iterate()
    assert wanted_image(instance) == NEW


def test_a_new_instance_gets_the_image_of_today(
    world: w.World, catalogued: models.MailVersion
) -> None:
    catalogued.image = NEW
    catalogued.update()
    instance = w.new_instance(catalogued)
    world.iterate()
    assert wanted_image(instance) == NEW


def test_another_version_brings_its_image(
    world: w.World, catalogued: models.MailVersion
) -> None:
    other = models.MailVersion(name=f"v-{sys_uuid.uuid4()}", image=NEW)
    other.insert()
    instance = w.new_instance(catalogued)
    world.iterate()
    chosen = w.read(instance)
    chosen.version = other
    chosen.update()
    world.iterate()
    assert wanted_image(instance) == NEW
