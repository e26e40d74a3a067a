# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A failing service is told, keeps its state, is tried again, and delays no other.

Through the agent's driver and the engine, with services that can break in every way.
The hanging ones hang until the test lets them go: each answer is one that did not wait.
"""

import os
import uuid as sys_uuid

from gcl_sdk.agents.universal.dm import models
import pytest

from exordos_mail import constants as c
from exordos_mail.dataplane import driver
from exordos_mail.dataplane.engine import backoff, converge, files, runner, worker
from exordos_mail.dataplane.engine import layout as layout_lib
from tests.unit.dataplane import toys
from tests.unit.node_values import target_value

_UUID = sys_uuid.UUID(int=7)
_OLD, _NEW, _NEWER = "1 / 1h", "2 / 1h", "3 / 1h"


class Node:
    """A machine with two services, as the agent drives it."""

    def __init__(self, root, make_layout) -> None:
        self.services: dict[str, toys.Toy] = {}
        self.layout = make_layout
        self.engine = converge.MailNode(
            [self._made(toys.First), self._made(toys.Second)], self.layout
        )
        self._driver = driver.MailCapabilityDriver(
            meta_file=str(root / "meta.json"),
            gateway_endpoint="",
            mail_node=self.engine,
        )
        self._known = False

    def _made(self, kind):
        def make(tools):
            made = self.services[kind.name] = kind(tools)
            return made

        return make

    def wants(self, limit: str):
        """Run a pass in which the platform wants a rate limit; return the report."""
        value = target_value(rate_limit=limit) | {"uuid": str(_UUID)}
        resource = models.Resource(
            uuid=_UUID,
            kind=c.NODE_KIND,
            res_uuid=models.Resource.gen_res_uuid(_UUID, c.NODE_KIND),
            value=value,
        )
        self._driver.start()
        step = self._driver.update if self._known else self._driver.create
        self._known = True
        return step(resource).value


@pytest.fixture
def clock(monkeypatch):
    """The clock of what is put off."""
    clock = [1000.0]
    monkeypatch.setattr(backoff, "_monotonic", lambda: clock[0])
    return clock


@pytest.fixture
def node(tmp_path, monkeypatch, clock):
    names = {"root": os.getuid()}, {"root": os.getgid()}
    layout = layout_lib.Layout(root=tmp_path, users=names[0], groups=names[1])
    node = Node(tmp_path, layout)
    report = node.wants(_OLD)
    assert (report["status"], report["status_reason"]) == ("ACTIVE", "")
    # What hangs is not waited for as long as a real service is.
    monkeypatch.setattr(runner, "_PATIENCE", 0.2)
    monkeypatch.setattr(runner, "_LOOK_PATIENCE", 0.2)
    monkeypatch.setattr(worker, "_SHORT", 0.02)
    yield node
    for one in node.services.values():
        one.go_on.set()


def _good_again(service) -> None:
    service.way = None
    service.go_on.set()


@pytest.mark.parametrize("way", toys.WAYS)
@pytest.mark.parametrize("broken", ["first", "second"])
class TestBroken:
    """The one of two services that is broken in one of the ways."""

    def test_is_told_and_the_other_one_goes_on(self, node, broken, way):
        other = node.services["second" if broken == "first" else "first"]
        node.services[broken].way = way
        for limit in (_NEW, _NEWER):
            report = node.wants(limit)
            assert report["status"] != "ACTIVE"
            assert report["revision"] == ""
            assert broken in report["status_reason"]
            assert other.running == limit
            assert node.layout.disk(other.path).read_text() == limit

    def test_is_tried_again(self, node, clock, broken, way):
        service = node.services[broken]
        service.way = way
        node.wants(_NEW)
        _good_again(service)
        clock[0] += 1
        # One that was late ends beside the passes.
        for _ in range(100):
            report = node.wants(_NEW)
            if report["status"] == "ACTIVE":
                break
        assert (report["status"], report["status_reason"]) == ("ACTIVE", "")
        assert [one.running for one in node.services.values()] == [_NEW, _NEW]
        assert not list(node.layout.disk(node.layout.held_dir).glob("*"))


@pytest.mark.parametrize("way", [one for one in toys.WAYS if "asked" not in one])
@pytest.mark.parametrize("broken", ["first", "second"])
def test_broken_service_keeps_its_state(node, broken, way):
    service = node.services[broken]
    service.way = way
    node.wants(_NEW)
    assert service.running == _OLD
    assert node.layout.disk(service.path).read_text() == _OLD


def test_what_was_refused_is_put_off_and_another_state_is_not(node, clock):
    service = node.services["first"]
    service.way = "refuses in its rehearsal"
    node.wants(_NEW)
    before = service.begun.count("rehearse")
    for _ in range(3):
        assert node.wants(_NEW)["status"] == "ERROR"
    assert service.begun.count("rehearse") == before
    node.wants(_NEWER)
    assert service.begun.count("rehearse") == before + 1
    clock[0] += 1
    node.wants(_NEWER)
    assert service.begun.count("rehearse") == before + 2


def test_restarted_agent_remembers_who_keeps_an_old_state(node, tmp_path):
    """A service at its old state is in order: it has not drifted."""
    node.services["first"].way = "refuses in its rehearsal"
    node.wants(_NEW)
    again = Node(tmp_path, node.layout)
    again.services["first"].running = _OLD
    again.services["second"].running = _NEW
    assert again.engine.accepted().spec.rate_limit == _NEW
    report = again.engine.observe()
    told = "second has a later state already"
    assert (report.status, report.reason) == ("IN_PROGRESS", told)
    assert report.revision == ""
    again.services["second"].running = "nothing"
    assert again.engine.observe().reason == f"{told}; second has nothing"


def test_boot_with_a_broken_service_prepares_the_others(node):
    for one in node.services.values():
        node.layout.disk(one.path).unlink()
    node.services["first"].way = "refuses in its rehearsal"
    with pytest.raises(toys.service.RehearsalFailed):
        node.engine.prepare()
    assert node.layout.disk(node.services["second"].path).read_text() == _OLD


def test_removal_with_a_broken_service_takes_the_others(node, monkeypatch):
    monkeypatch.setitem(
        toys.WAYS, "cannot be stopped", ("retire", toys.service.Problem)
    )
    node.services["first"].way = "cannot be stopped"
    with pytest.raises(toys.service.Problem):
        node.engine.remove()
    assert node.services["second"].running is None
    assert node.engine.accepted() is None


def test_service_that_goes_and_comes_back_within_one_look_has_its_files(
    node, monkeypatch
):
    second = node.services["second"]
    monkeypatch.setattr(second, "wanted", lambda state: state.spec.rate_limit != _NEW)
    node.engine.converge(target_value(rate_limit=_NEW) | {"uuid": str(_UUID)})
    assert not node.layout.disk(second.path).exists()
    node.engine.converge(target_value(rate_limit=_OLD) | {"uuid": str(_UUID)})
    assert node.layout.disk(second.path).read_text() == _OLD


def test_service_that_has_nothing_makes_nobody_look_again(node, monkeypatch):
    first, second = node.services["first"], node.services["second"]
    monkeypatch.setattr(first, "wanted", lambda state: False)
    node.wants(_OLD)
    looks, examine = [], files.signature

    def signature(path):
        looks.append(path)
        return examine(path)

    monkeypatch.setattr(files, "signature", signature)
    node.engine.converge(target_value(rate_limit=_OLD) | {"uuid": str(_UUID)})
    assert node.layout.disk(second.path) not in looks
