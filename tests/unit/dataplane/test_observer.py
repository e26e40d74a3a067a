# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a node sees is told once, and the latest of it, whatever the gateway does."""

import gc
import threading
import typing as tp

import pytest

from exordos_mail.dataplane.engine import observer, source
from exordos_mail.protocol import observations
from tests.integration.support import waiting


class Listener:
    """A gateway that takes facts, or has `trouble`; `hold` keeps it from answering."""

    is_up = True
    is_rung = False

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, tp.Any]]] = []
        self.trouble: tp.Callable[[], Exception] | None = None
        self.attempts = 0
        self.hold = threading.Lock()

    def observe(self, kind: str, facts: observations.Facts) -> None:
        self.attempts += 1
        with self.hold:
            if self.trouble is not None:
                raise self.trouble()
            self.told.append((kind, dict(facts)))

    def latest(self, kind: str) -> dict[str, tp.Any]:
        """Return what the gateway knows of a kind."""
        return {
            key: fact
            for of, all in self.told
            if of == kind
            for key, fact in all.items()
        }

    def knows(self, kind: str, facts: dict[str, tp.Any]) -> None:
        waiting.until(lambda: self.latest(kind) == facts, "facts to be told")


def _away() -> Exception:
    return source.GatewayError("away")


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def seen(listener: Listener) -> observer.FactTeller:
    return observer.FactTeller(tp.cast(source.Gateway, listener), pause_min=0.01)


def test_what_changes_is_told_and_nothing_else(seen, listener):
    seen.show("toys", {"a": {"n": 1}, "b": {"n": 1}})
    listener.knows("toys", {"a": {"n": 1}, "b": {"n": 1}})
    seen.show("toys", {"b": {"n": 1}})
    seen.show("toys", {"a": {"n": 2}, "b": {"n": 1}})
    listener.knows("toys", {"a": {"n": 2}, "b": {"n": 1}})
    assert listener.told[1:] == [("toys", {"a": {"n": 2}})]


def test_the_latest_is_told_after_trouble(seen, listener):
    listener.trouble = _away
    seen.show("toys", {"a": {"n": 1}, "b": {"n": 1}})
    waiting.until(lambda: listener.attempts > 2, "attempts")
    seen.show("toys", {"a": {"n": 2}})
    listener.trouble = None
    listener.knows("toys", {"a": {"n": 2}, "b": {"n": 1}})
    assert ("toys", {"a": {"n": 1}}) not in listener.told


def test_what_turns_back_while_it_is_on_its_way_is_told_again(seen, listener):
    seen.show("toys", {"a": {"n": 1}})
    listener.knows("toys", {"a": {"n": 1}})
    with listener.hold:
        seen.show("toys", {"a": {"n": 2}})
        waiting.until(lambda: listener.attempts == 2, "an attempt")
        seen.show("toys", {"a": {"n": 1}})
    waiting.until(lambda: len(listener.told) == 3, "three")
    assert [facts["a"]["n"] for _, facts in listener.told] == [1, 2, 1]


def test_a_failure_brings_nothing_older_back(seen, listener):
    with listener.hold:
        seen.show("toys", {"a": {"n": 1}})
        waiting.until(lambda: listener.attempts == 1, "an attempt")
        seen.show("toys", {"a": {"n": 2}})
        listener.trouble = _away
    waiting.until(lambda: listener.attempts > 2, "attempts")
    listener.trouble = None
    listener.knows("toys", {"a": {"n": 2}})
    assert len(listener.told) == 1


def test_what_is_gone_is_told_anew_when_it_comes_again(seen, listener):
    seen.show("toys", {"a": {"n": 1}})
    listener.knows("toys", {"a": {"n": 1}})
    seen.show("toys", {"a": None})
    seen.show("toys", {"a": {"n": 1}})
    waiting.until(lambda: len(listener.told) == 2, "two")


def test_what_is_gone_before_it_was_told_is_not_told(seen, listener):
    with listener.hold:
        seen.show("toys", {"a": {"n": 1}})
        waiting.until(lambda: listener.attempts == 1, "an attempt")
        seen.show("toys", {"a": {"n": 2}, "b": {"n": 1}})
        seen.show("toys", {"a": None})
        listener.trouble = _away
    waiting.until(lambda: listener.attempts > 2, "attempts")
    listener.trouble = None
    listener.knows("toys", {"b": {"n": 1}})


def test_one_kind_does_not_keep_another_waiting(seen, listener):
    with listener.hold:
        seen.show("toys", {f"k{n}": {"n": n} for n in range(1000)})
        waiting.until(lambda: listener.attempts == 1, "an attempt")
        seen.show("health", {"a": {"n": 1}})
    waiting.until(lambda: len(listener.latest("toys")) == 1000, "all")
    kinds = [kind for kind, _ in listener.told]
    assert kinds.index("health") < 3
    assert max(len(facts) for _, facts in listener.told) < 1000


@pytest.mark.parametrize("trouble", [ValueError, RuntimeError])
def test_what_cannot_be_told_keeps_nothing_else_from_it(
    seen, listener, trouble, caplog
):
    listener.trouble = trouble
    seen.show("toys", {"a": {"n": "private"}})
    waiting.until(lambda: listener.attempts == 1, "an attempt")
    waiting.until(lambda: "not told" in caplog.text, "a line of the log")
    listener.trouble = None
    seen.show("toys", {"b": {"n": 1}})
    listener.knows("toys", {"b": {"n": 1}})
    assert "private" not in caplog.text


def test_without_a_gateway_nothing_is_kept():
    before = threading.active_count()
    observer.FactTeller(None).show("toys", {"a": {"n": 1}})
    assert threading.active_count() == before


def test_the_thread_ends_with_its_observer(listener):
    one = observer.FactTeller(tp.cast(source.Gateway, listener))
    one.show("toys", {"a": {"n": 1}})
    listener.knows("toys", {"a": {"n": 1}})
    (thread,) = [each for each in threading.enumerate() if each.name == "observer"][-1:]
    del one
    gc.collect()
    thread.join(10)
    assert not thread.is_alive()
