# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Failing attempts are put off, each time for longer; other ones are not."""

import pytest

from exordos_mail.dataplane.engine import backoff


@pytest.fixture
def clock(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(backoff, "_monotonic", lambda: clock[0])
    return clock


def test_nothing_has_failed(clock):
    assert backoff.Backoff().put_off({"a"}) is None


def test_delays(clock):
    memory = backoff.Backoff()
    for seconds in (1, 2, 4, 8, 16, 32, 60, 60):
        assert memory.failed({"a"}, "no") == "no"
        clock[0] += seconds - 0.1
        assert memory.put_off({"a"}) == "no"
        clock[0] += 0.1
        assert memory.put_off({"a"}) is None


def test_something_else_is_tried_at_once(clock):
    memory = backoff.Backoff()
    memory.failed({"a"}, "no")
    assert memory.put_off({"b"}) is None
    memory.failed({"b"}, "no")
    clock[0] += 1
    assert memory.put_off({"b"}) is None


def test_names_of_one_attempt_count_together(clock):
    memory = backoff.Backoff()
    memory.failed({"a", "b"}, "no")
    assert memory.put_off({"b", "c"}) == "no"
    assert memory.put_off({"c"}) == "no"


def test_success_is_forgetting(clock):
    memory = backoff.Backoff()
    memory.failed({"a"}, "no")
    memory.succeeded()
    assert memory.put_off({"a"}) is None
    memory.failed({"a"}, "no")
    clock[0] += 1
    assert memory.put_off({"a"}) is None
