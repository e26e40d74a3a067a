# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The journal of outcomes: nothing lost, nothing doubled, whoever is killed when."""

import contextlib
import itertools
import pathlib
import sqlite3
import typing as tp

import pytest

from exordos_mail.dataplane.engine import logins, observer
from exordos_mail.dataplane.services.outcomes import journal, log_files, pump, telling
from tests.integration.support import waiting

_NUMBERS = itertools.count(1)


def message(login: str = "ann@example.com", submitter: str = "") -> tuple[str, str]:
    """Return the id of a message, and the line at its beginning."""
    queue_id = f"1xXnG6-{next(_NUMBERS):06}-1V"
    said = f"login=<{login}> submitter=<{submitter}> message-id=<m@example.com>"
    return queue_id, line(queue_id, f"SUBMITTED {said} sender=<a@b>")


def line(queue_id: str, text: str) -> str:
    return f"2026-11-29 22:20:34.{next(_NUMBERS) % 900 + 100} [2] {queue_id} {text}"


def taken(queue_id: str, to: str = "bob@example.net") -> str:
    return line(
        queue_id, f'=> {to} F=<a@b> R=r T=remote_smtp H=h [192.0.2.1]:25 C="250 ok"'
    )


def put_off(queue_id: str, to: str = "bob@example.net") -> str:
    return line(
        queue_id, f"== {to} R=r T=remote_smtp defer (-44) H=h [192.0.2.1]: 450 no"
    )


def read(*lines: str, inode: int = 1, offset: int = 0) -> log_files.Read:
    place = log_files.Place(inode, offset, b"")
    return log_files.Read([one.encode() for one in lines], [place], False, False)


@pytest.fixture
def book(tmp_path: pathlib.Path) -> tp.Iterator[journal.Journal]:
    journal.make(tmp_path / "journal.sqlite3")
    book = journal.Journal(tmp_path / "journal.sqlite3")
    yield book
    book.close()


def told(book: journal.Journal, whom: str) -> list[tuple[str, str, str]]:
    """Return state, recipient and submitter of what waits."""
    return [
        (one.outcome.state, one.outcome.recipient, one.submitter)
        for one in book.waiting(whom, 1000)
    ]


def test_whose_message_it_is(book):
    ann, of_ann = message()
    shop, of_shop = message("", "x.shop@send.invalid")
    nobody = "1xXnG6-999999-1V"
    assert book.take(read(of_ann, of_shop, taken(ann), taken(shop), taken(nobody))) == 2
    assert told(book, journal.ACCOUNTS) == [("delivered", "bob@example.net", "")]
    assert told(book, journal.SEND) == [
        ("delivered", "bob@example.net", "x.shop@send.invalid")
    ]
    (one,) = book.waiting(journal.ACCOUNTS, 10)
    assert (one.outcome.login, one.outcome.message_id) == (
        "ann@example.com",
        "m@example.com",
    )
    assert one.outcome.accepted_at > 0


def test_only_the_first_deferral_is_told(book):
    ann, begun = message()
    later = [put_off(ann), put_off(ann), put_off(ann, "eve@example.net"), put_off(ann)]
    assert book.take(read(begun, *later)) == 2
    ends = [taken(ann), taken(ann, "eve@example.net"), line(ann, "Completed")]
    assert book.take(read(put_off(ann), *ends)) == 2
    assert [state for state, _, _ in told(book, journal.ACCOUNTS)] == [
        "delayed",
        "delayed",
        "delivered",
        "delivered",
    ]


def test_a_line_that_is_read_twice_is_one_outcome(book):
    ann, begun = message()
    lines = [begun, put_off(ann), taken(ann), line(ann, "Completed")]
    assert book.take(read(*lines)) == 2
    assert book.take(read(*lines)) == 0
    assert len(told(book, journal.ACCOUNTS)) == 2


def expected(queue_id: str, *to: str) -> str:
    return line(queue_id, f"<= a@b H=(x) [127.0.0.1]:5 S=684 for {' '.join(to)}")


def test_what_exim_did_not_come_to_log_is_delivered(book):
    """It is killed after it has noted a delivery, and completes the message later."""
    ann, begun = message()
    to = ("bob@Example.net", '"a b"@example.net', "eve@example.net", "late@example.net")
    quoted = '** a b@example.net <"a b"@example.net> F=<a@b> R=r: 550 5.1.1 no'
    spelled = line(ann, quoted)
    lines = [
        begun,
        expected(ann, *to),
        put_off(ann, to[3]),
        taken(ann, "bob@example.net"),
    ]
    assert book.take(read(*lines, spelled, line(ann, "Completed"))) == 4
    found = told(book, journal.ACCOUNTS)
    assert [(state, one) for state, one, _ in found] == [
        ("delayed", "late@example.net"),
        ("delivered", "bob@example.net"),
        ("bounced", '"a b"@example.net'),
        ("delivered", "eve@example.net"),
        ("delivered", "late@example.net"),
    ]
    unsaid = book.waiting(journal.ACCOUNTS, 10)[3].outcome
    assert (unsaid.login, unsaid.host, unsaid.code) == ("ann@example.com", "", None)
    assert "interrupted before it logged" in unsaid.reply


def test_alias_that_led_to_nobody_is_no_delivery(book):
    ann, begun = message()
    to = ["team@example.com", "bob@example.net"]
    dropped = line(ann, "=> :blackhole: <Team@example.com> R=x")
    book.take(read(begun, expected(ann, *to), dropped, taken(ann, to[1])))
    assert book.take(read(line(ann, "Completed"))) == 0
    assert [one for _, one, _ in told(book, journal.ACCOUNTS)] == ["bob@example.net"]


def test_message_that_somebody_removes_is_not_delivered(book):
    ann, begun = message()
    removed = line(ann, "removed by root")
    book.take(read(begun, expected(ann, "bob@example.net"), removed))
    assert book.take(read(line(ann, "Completed"))) == 0
    assert told(book, journal.ACCOUNTS) == []


def test_an_odd_line_keeps_nobody_waiting(book):
    ann, begun = message()
    odd = taken(ann).replace("2026-11-29", "2026-02-31")
    assert book.take(read(begun, odd, taken(ann))) == 1


def test_what_comes_too_early_is_told_later(book):
    ann, begun = message()
    book.take(read(begun, taken(ann), taken(ann, "eve@example.net")))
    first, second = book.waiting(journal.ACCOUNTS, 10)
    book.put_off([first.seq], 3600)
    book.told([second.seq])
    assert book.waiting(journal.ACCOUNTS, 10) == []
    book.put_off([first.seq], -1)
    assert [one.seq for one in book.waiting(journal.ACCOUNTS, 10)] == [first.seq]


def test_place_and_outcomes_are_written_together(book, tmp_path, monkeypatch):
    ann, begun = message()
    book.take(read(begun, offset=10))

    def fails(*_: tp.Any) -> tp.NoReturn:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(book, "_sweep", fails)
        with pytest.raises(sqlite3.Error):
            book.take(read(taken(ann), offset=20))
    other = journal.Journal(tmp_path / "journal.sqlite3")
    with contextlib.closing(other):
        assert [one.offset for one in other.places().values()] == [10]
        assert told(other, journal.ACCOUNTS) == []
        assert other.take(read(taken(ann), offset=20)) == 1


def test_the_oldest_go_when_nobody_can_be_told(book, monkeypatch):
    monkeypatch.setattr(journal, "WAITING_MAX", 3)
    monkeypatch.setattr(journal, "_SWEEP", 0.0)
    ann, begun = message()
    book.take(
        read(begun, *(taken(ann, f"r{number}@example.net") for number in range(9)))
    )
    assert [to for _, to, _ in told(book, journal.ACCOUNTS)] == [
        "r6@example.net",
        "r7@example.net",
        "r8@example.net",
    ]


class Listener:
    """Takes some, and fails at others."""

    def __init__(self) -> None:
        self.away = False
        self.got: list[str] = []

    def tell(self, some: list[journal.Waiting]) -> tp.Collection[int]:
        if self.away:
            raise telling.NotTold("it is away")
        self.got += [one.outcome.recipient for one in some]
        return ()


@contextlib.contextmanager
def pumping(directory: pathlib.Path, listener: Listener) -> tp.Iterator[pump.Pump]:
    nobody = logins.Teller(observer.FactTeller(None))
    at_work = pump.Pump(directory, directory, {journal.ACCOUNTS: listener.tell}, nobody)
    try:
        yield at_work
    finally:
        assert at_work.stop(10)


def test_pump_tells_what_the_log_says_also_after_it_was_away(tmp_path, monkeypatch):
    monkeypatch.setattr(pump, "_PAUSE_MIN", 0.05)
    ann, begun = message()
    listener, log = Listener(), tmp_path / "mainlog"
    with pumping(tmp_path, listener) as at_work:
        assert at_work.problem == ""
        log.write_text(begun + "\n" + taken(ann, "one@example.net") + "\n")
        waiting.until(lambda: listener.got == ["one@example.net"], "told")
        listener.away = True
        with log.open("a") as file:
            file.write(taken(ann, "two@example.net") + "\n")
        log.rename(tmp_path / "mainlog.1")
    with log.open("w") as file:
        file.write(taken(ann, "three@example.net") + "\n")
    listener.away = False
    with pumping(tmp_path, listener):
        whole = ["one@example.net", "two@example.net", "three@example.net"]
        waiting.until(lambda: listener.got == whole, "told, each once")


def test_pump_says_that_it_cannot_read(tmp_path, monkeypatch):
    monkeypatch.setattr(pump, "_PATIENCE", 0.0)
    # A directory is no file.
    (tmp_path / "mainlog").mkdir()
    with pumping(tmp_path, Listener()) as at_work:
        waiting.until(lambda: at_work.problem, "it is said")
        assert at_work.problem == "exim's log is not read: Is a directory"
        (tmp_path / "mainlog").rmdir()
        waiting.until(lambda: not at_work.problem, "it is read again")


@pytest.mark.parametrize("octets", [b"no database " * 1000, b"", b"SQLite format 3\0"])
def test_damaged_journal_is_made_anew(tmp_path, octets):
    ann, begun = message()
    listener, log = Listener(), tmp_path / "mainlog"
    log.write_text(begun + "\n" + taken(ann, "one@example.net") + "\n")
    (tmp_path / "journal.sqlite3").write_bytes(octets)
    with pumping(tmp_path, listener):
        waiting.until(lambda: listener.got == ["one@example.net"], "told")
