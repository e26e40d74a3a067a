# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Mail that was taken is in each mailbox exactly once, whoever is killed meanwhile.

EXORDOS_MAIL_KILLS: how many kills; EXORDOS_MAIL_SEED: which ones.
"""

import collections
import contextlib
import dataclasses
import os
import random
import re
import shutil
import signal
import smtplib
import threading
import time
import typing as tp

import pytest

from exordos_mail.dataplane.services.exim import probe
from exordos_mail.protocol import documents
from tests.integration.dovecot import boxes as boxes_lib
from tests.integration.dovecot.boxes import ALICE, BOB, Boxes, imap
from tests.integration.exim import killing, waiting

killed_child = killing.killed_child

_KILLS = int(os.environ.get("EXORDOS_MAIL_KILLS", "50"))
_SEED = int(
    os.environ.get("EXORDOS_MAIL_SEED", "0")
) or random.SystemRandom().getrandbits(32)
_CONNECTIONS = 4
_CARL = "carl@example.com"
_TAGGED = "alice+tag@example.com"
#: What an address stands for; none of these is delivered to twice.
_MEANT = {
    ALICE: {ALICE},
    BOB: {BOB},
    _CARL: {_CARL},
    _TAGGED: {_TAGGED},
    "sales@example.com": {ALICE, BOB},
}
#: Whose mail a mailbox is for.
_MAILBOXES = {ALICE: {ALICE, _TAGGED}, BOB: {BOB}, _CARL: {_CARL}}
_DOMAINS = {"example.com": {"primary": True, "enabled": True, "receives": True}}
_SUBJECT = re.compile(rb"(?im)^Subject: (m[0-9]+-[0-9]+)\r?$")


def _payload(generation: int) -> dict[str, tp.Any]:
    """Return what the node is told; one account is another one each time."""
    names = ("alice", "bob", "carl", f"dave{generation}")
    more = {
        "domains": documents.spread(_DOMAINS),
        "aliases": documents.spread(
            {
                "sales": {"targets": [ALICE, BOB]},
                f"a{generation}": {"targets": [ALICE]},
            }
        ),
    }
    accounts = {name: boxes_lib.account(name) for name in names}
    return boxes_lib.payload(accounts, more=more, generation=generation)


@dataclasses.dataclass
class Sent:
    """A message, and what became of it: the code of DATA, 0 if no reply came."""

    name: str
    recipients: list[str]
    code: int = 0

    def limits(self, login: str) -> tuple[int, int]:
        """Return how often it must be in a mailbox at the least, and at the most."""
        meant = set().union(*(_MEANT[one] for one in self.recipients))
        count = len(meant & _MAILBOXES[login])
        # Of several addresses of a mailbox, what is tried again may leave some out.
        least = min(count, 1) if self.code == 250 else 0
        return least, count if self.code in (0, 250) else 0


class Sender(threading.Thread):
    """Sends as fast as it goes, several messages in each connection."""

    def __init__(self, number: int, chance: random.Random) -> None:
        super().__init__()
        self.sent: list[Sent] = []
        self._number, self._chance = number, chance
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.is_set():
            # Nobody may be there, or go away.
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._talk()
            self._over.wait(0.02)

    def _talk(self) -> None:
        host = f"127.0.0.{self._number + 2}"
        with contextlib.closing(
            smtplib.SMTP("127.0.0.1", 25, "far.test", 20, (host, 0))
        ) as smtp:
            smtp.ehlo()
            for _ in range(5):
                if not self._over.is_set():
                    self._send(smtp)

    def _send(self, smtp: smtplib.SMTP) -> None:
        wanted = self._chance.sample(sorted(_MEANT), self._chance.randint(1, 4))
        smtp.mail("ann@elsewhere.test")
        taken = [one for one in wanted if smtp.rcpt(one)[0] == 250]
        if not taken:
            smtp.rset()
            return
        name = f"m{self._number}-{len(self.sent)}"
        self.sent.append(Sent(name, taken))
        text = f"From: ann@elsewhere.test\r\nSubject: {name}\r\n\r\n{name}\r\n"
        self.sent[-1].code = smtp.data(text * self._chance.randint(1, 50))[0]

    def close(self) -> None:
        """Stop."""
        self._over.set()
        self.join()


class Victims:
    """Who is killed, and comes back as systemd has it."""

    def __init__(
        self, boxes: Boxes, child: killing.Killing, chance: random.Random
    ) -> None:
        self._machine, self._child, self._chance = boxes.machine, child, chance
        self._generation = 1
        self.killed: collections.Counter[str] = collections.Counter()

    def kill(self) -> None:
        """Kill one of them."""
        ways = (
            *(self._exim, self._one_of_exim, self._dovecot),
            *(self._lmtp, self._lmtp, self._lmtp, self._agent),
        )
        way = self._chance.choice(ways)
        self.killed[way.__name__] += 1
        way()

    def _exim(self) -> None:
        os.kill(self._machine.daemon()[0], signal.SIGKILL)
        waiting.until(lambda: not self._daemon(), "exim is gone")
        self._machine.supervisor.start()
        waiting.until(self._daemon, "exim is back")

    def _one_of_exim(self) -> None:
        """A process that delivers or receives; the daemon lives on."""
        others = set(self._machine.supervisor.pids()) - {self._machine.daemon()[0]}
        self._kill_one(others)

    def _dovecot(self) -> None:
        self._machine.dovecot.kill()
        self._machine.dovecot.start()

    def _lmtp(self) -> None:
        self._kill_one(boxes_lib.processes("lmtp"))

    def _agent(self) -> None:
        self._generation += 1
        value = _payload(self._generation)
        self._child.before(self._chance.randint(1, 12), "converge", value)
        self._machine.fresh_node()
        self.settle()

    def _kill_one(self, pids: tp.Iterable[int]) -> None:
        for pid in self._chance.sample(sorted(pids), 1) if pids else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _daemon(self) -> tuple[int, ...] | None:
        return probe.daemon(self._machine.layout)

    def settle(self) -> None:
        """Have the agent bring everything to what it was told last."""
        value = _payload(self._generation)

        def is_active() -> bool:
            report = self._machine.node.converge(value)
            return (report.status, report.revision) == ("ACTIVE", value["revision"])

        # What waited while something was dead comes at once now.
        waiting.until(is_active, "all is in service", 60)


def _run_queue(boxes: Boxes) -> bool:
    boxes.machine.run_queue()
    return not boxes.queued()


def _found(login: str) -> collections.Counter[str]:
    """Return how often each message is in a mailbox."""
    found: collections.Counter[str] = collections.Counter()
    with imap(login) as session:
        (count,) = session.select("INBOX", readonly=True)[1]
        if int(count):
            for part in session.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]:
                if isinstance(part, tuple):
                    found.update(one.decode() for one in _SUBJECT.findall(part[1]))
    return found


def _wrong(sent: tp.Iterable[Sent]) -> list[str]:
    """Return what is not as it must be."""
    by_name = {one.name: one for one in sent}
    wrong = []
    for login in _MAILBOXES:
        found = _found(login)
        for name, message in by_name.items():
            (least, most), count = message.limits(login), found.pop(name, 0)
            if not least <= count <= most:
                wrong.append(f"{count} of {message} for {login}")
        wrong += [f"{one} for {login} was sent by nobody" for one in found]
    return wrong


@pytest.fixture
def empty(fresh: Boxes) -> tp.Iterator[Boxes]:
    """A machine whose mailboxes are empty, before and after."""

    def remove() -> None:
        for name in ("alice", "bob", "carl"):
            shutil.rmtree(fresh.home(name), ignore_errors=True)

    remove()
    yield fresh
    fresh.machine.stop()
    remove()


def test_mail_is_there_once_whoever_is_killed(
    empty: Boxes, killed_child: killing.Killing
) -> None:
    chance = random.Random(_SEED)  # noqa: S311 no secret
    print(f"EXORDOS_MAIL_SEED={_SEED}")
    victims = Victims(empty, killed_child, chance)
    victims.settle()
    senders = [
        Sender(number, random.Random(chance.random()))  # noqa: S311 no secret
        for number in range(_CONNECTIONS)
    ]
    for one in senders:
        one.start()
    try:
        for _ in range(_KILLS):
            time.sleep(chance.random() * 0.3)
            victims.kill()
    finally:
        for one in senders:
            one.close()
    empty.machine.fresh_node()
    victims.settle()
    waiting.until(boxes_lib.is_up, "Dovecot answers")
    waiting.until(lambda: _run_queue(empty), "the queue is empty", 120)
    sent = [message for one in senders for message in one.sent]
    codes = collections.Counter(one.code for one in sent)
    print(f"killed: {dict(victims.killed)}, replies to DATA: {dict(codes)}")
    assert codes[250] > _KILLS
    assert not _wrong(sent), f"EXORDOS_MAIL_SEED={_SEED}"
