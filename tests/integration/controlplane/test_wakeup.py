# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Wake-ups: with a period of an hour, whatever happens was woken.

The loop is gservice's own, in a thread of this process.
"""

import itertools
import threading
import time
import typing as tp
import uuid as sys_uuid

from gcl_looper.services import basic
from gcl_looper.services.oslo import launchpad
import psycopg
import pytest

from exordos_mail import definition
from exordos_mail.controlplane import wakeup
from tests.integration.controlplane import world as w
from tests.integration.support import waiting

HOUR = 3600.0
# Longer than it takes to wake, far shorter than the period.
QUIET = 1.0


class Recorder(basic.BasicService):
    """Stands where the builders stand; notes its turns, and never two at once."""

    def __init__(self) -> None:
        super().__init__()
        self.turns = 0
        self.overlaps = 0
        self.during: tp.Callable[[], None] = lambda: None
        self._busy = threading.Lock()

    def _iteration(self) -> None:
        if not self._busy.acquire(blocking=False):
            self.overlaps += 1
            return
        try:
            self.turns += 1
            self.during()
        finally:
            self._busy.release()


class Loop:
    """gservice's loop around a recorder."""

    def __init__(self, url: tp.Callable[[], str]) -> None:
        self.listener = wakeup.NotificationListener(url)
        self.recorder = Recorder()
        self.launchpad = launchpad.LaunchpadService(
            [self.listener, self.recorder], iter_min_period=HOUR, iter_pause=0.1
        )
        self.launchpad._setup()
        self._thread = threading.Thread(target=self.launchpad._loop, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.listener.stop()
        self.launchpad.stop()
        self._thread.join(10)

    def settle(self) -> int:
        """Wait until the loop sleeps; return its number of turns."""
        while True:
            before = self.recorder.turns
            time.sleep(QUIET)
            if before and self.recorder.turns == before:
                return before

    def until_more_than(self, turns: int) -> None:
        waiting.until(lambda: self.recorder.turns > turns, "a turn", 10)


def listening(db: tp.Any) -> list[int]:
    return [
        row["pid"]
        for row in db.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE application_name = 'exordos_mail listener'"
        ).fetchall()
    ]


@pytest.fixture
def instance(engine: tp.Any, db: tp.Any, version: tp.Any) -> tp.Any:
    db.execute("DELETE FROM mail_instances")
    return w.new_instance(version)


@pytest.fixture
def loop(engine: tp.Any, db: tp.Any) -> tp.Iterator[Loop]:
    running = Loop(wakeup.database_url)
    try:
        waiting.until(lambda: listening(db), "the listener")
        running.settle()
        yield running
    finally:
        running.stop()
        waiting.until(lambda: not listening(db), "the listener to end")


def test_every_change_of_a_user_wakes_the_loop(loop, instance, version, db):
    def account() -> tp.Any:
        return w.add_account(instance, "alice")

    def disable() -> None:
        alice.active = False
        alice.update()

    turns = loop.settle()
    alice = account()
    loop.until_more_than(turns)
    for change in (
        disable,
        lambda: alice.delete(),
        lambda: db.execute("UPDATE mail_instances SET ram = 2048"),
        lambda: w.new_instance(version, "other.example"),
        lambda: db.execute("DELETE FROM mail_instances"),
    ):
        turns = loop.settle()
        change()
        loop.until_more_than(turns)


def test_what_builders_observe_does_not_wake_them(loop, instance, db):
    turns = loop.settle()
    db.execute("UPDATE mail_instances SET infra_status = 'ACTIVE'")
    db.execute("UPDATE mail_instances SET applied_generation = 7, ipsv4 = '{1.2.3.4}'")
    assert loop.settle() == turns


def test_a_change_during_a_turn_makes_another_one(loop, instance):
    """The change came after the builder has read: its wake-up must not be lost."""
    turns = loop.settle()

    def change_meanwhile() -> None:
        loop.recorder.during = lambda: None
        w.add_account(instance, "late")
        time.sleep(0.5)  # the notification arrives while this turn goes on

    loop.recorder.during = change_meanwhile
    w.add_account(instance, "early")
    loop.until_more_than(turns + 1)


def test_a_burst_of_changes_does_not_run_the_loop_hot(loop, instance, db):
    turns = loop.settle()
    began = time.monotonic()
    while time.monotonic() - began < 2:
        db.execute("UPDATE mail_instances SET generation = generation + 1")
    took = time.monotonic() - began
    assert 2 <= loop.settle() - turns <= took / wakeup.SPACING + 3
    assert loop.recorder.overlaps == 0


def test_a_lost_connection_heals_and_misses_nothing(loop, instance, db, monkeypatch):
    monkeypatch.setattr(wakeup, "RETRY_FIRST", 0.3)
    turns = loop.settle()
    (old,) = listening(db)
    db.execute("SELECT pg_terminate_backend(%s)", (old,))
    waiting.until(lambda: old not in listening(db), "the connection to end")
    db.execute("UPDATE mail_instances SET generation = generation + 1")
    loop.until_more_than(turns)
    waiting.until(lambda: listening(db), "a new connection")
    turns = loop.settle()
    w.add_account(instance, "alice")
    loop.until_more_than(turns)


def test_without_a_database_the_listener_waits_longer_and_never_raises(
    monkeypatch, caplog
):
    monkeypatch.setattr(wakeup, "RETRY_FIRST", 0.05)
    monkeypatch.setattr(wakeup, "RETRY_LAST", 0.4)
    tries: list[float] = []

    def url() -> str:
        tries.append(time.monotonic())
        raise psycopg.OperationalError("password=secret")

    loop = Loop(url)
    try:
        waiting.until(lambda: len(tries) >= 6, "six tries", 10)
    finally:
        loop.stop()
    gaps = [b - a for a, b in itertools.pairwise(tries)]
    assert gaps[0] >= 0.05
    assert gaps[3] >= 0.4, "the wait grows"
    assert loop.recorder.turns == 1, "the loop itself goes on as before"
    assert "secret" not in caplog.text


@pytest.fixture
def pace(engine: tp.Any) -> wakeup.PendingPace:
    return wakeup.PendingPace()


def test_the_loop_is_faster_while_an_instance_is_on_its_way(pace, instance, db):
    pace._loop_iteration()
    assert pace.effective_iter_min_period == wakeup.PENDING_PERIOD
    db.execute(
        "UPDATE mail_instances SET infra_status = 'ACTIVE', service_status = 'ACTIVE',"
        " applied_generation = generation"
    )
    pace._loop_iteration()
    assert not pace.is_boosted
    w.add_account(instance, "alice")
    pace._loop_iteration()
    assert pace.effective_iter_min_period == wakeup.PENDING_PERIOD


def test_an_instance_that_never_comes_up_does_not_keep_it_fast(
    pace, instance, db, monkeypatch
):
    monkeypatch.setattr(wakeup, "PENDING_WINDOW", "0 seconds")
    pace._loop_iteration()
    assert not pace.is_boosted


def test_an_instance_in_error_that_has_all_does_not_keep_it_fast(pace, instance, db):
    db.execute(
        "UPDATE mail_instances SET service_status = 'ERROR',"
        " applied_generation = generation"
    )
    pace._loop_iteration()
    assert not pace.is_boosted


def test_the_listener_comes_before_the_builders():
    services = definition.MailDefinition().get_builders(
        "user", "password", "http://127.0.0.1:9", sys_uuid.uuid4()
    )
    assert [type(service).__name__ for service in services] == [
        "NotificationListener",
        "GatewayService",
        "DNSChecker",
        "SealingKeyPublisher",
        "PolicyKeeper",
        "DKIMLife",
        "MailInfraBuilder",
        "MailInstanceBuilder",
        "CertificateService",
        "Publisher",
        "AuditRetention",
        "DeliveryRetention",
        "SilenceWatch",
        "MailboxRetention",
        "MetricsWriter",
        "PendingPace",
    ]
