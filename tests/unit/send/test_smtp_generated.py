# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""Servers that answer out of step, late, in pieces, wrongly or not at all.

Whatever a server does, nobody is `sent` without a 2xx to the dot, nobody gets a message
twice unless the answer to the dot was lost, and nobody fails for good without a 5xx.
Where the answers came through, each recipient has the state that RFC 5321 says.
"""

import dataclasses
import os

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from exordos_mail.send.queue.job import Result
from tests.unit.send import memory_lane, smtp_behaviour, smtp_peer, virtual
from tests.unit.send.smtp_behaviour import Entry, World
from tests.unit.send.smtp_dialogue import job

DATA = b"Subject: x\r\n\r\n.Hello.\r\n.\r\n"
ATTEMPTS = 3
#: `make test-long` asks for more.
EXAMPLES = int(os.environ.get("EXORDOS_MAIL_EXAMPLES", "800"))


@dataclasses.dataclass
class Attempt:
    """What one attempt came to, and what the server had said in it."""

    results: list[Result]
    entries: list[Entry]


def _run(world: World, recipients: list[str]) -> list[Attempt]:
    """Try a message again and again, as the queue does."""

    async def attempts() -> list[Attempt]:
        shared = memory_lane.MemoryShared(lambda: smtp_peer.connect(world.new()), DATA)
        made: list[Attempt] = []
        left = recipients
        while left and world.attempt < ATTEMPTS:
            # A new lane each time: its hold is of no interest here.
            runner = memory_lane.lane(shared)
            results = await memory_lane.attempt(runner, shared, job(*left))
            await runner.stop(0)
            assert [one.address for one in results] == left
            entries = [one for one in world.entries if one.attempt == world.attempt]
            made.append(Attempt(results, entries))
            left = [one.address for one in results if one.state == "deferred"]
            world.attempt += 1
        return made

    return virtual.run(attempts())


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="EXORDOS_MAIL_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
@given(
    plan=smtp_behaviour.PLANS,
    offers=st.sampled_from([(), ("PIPELINING",)]),
    most=st.sampled_from([1, 2, 100]),
    count=st.integers(1, 4),
)
def test_whatever_a_server_does(
    plan: dict[int, smtp_behaviour.Twist],
    offers: tuple[str, ...],
    most: int,
    count: int,
) -> None:
    world = World(plan, offers, most)
    recipients = [f"{name}@example.net" for name in "abcd"[:count]]
    attempts = _run(world, recipients)
    note(f"{plan} {offers} at most {most}")
    for entry in world.entries:
        note(str(entry))
    for attempt in attempts:
        note(str(attempt.results))
    for number, attempt in enumerate(attempts):
        for result in attempt.results:
            _check_state(world, number, result, attempt.entries)
    for recipient in recipients:
        _check_copies(world, recipient)
    for peer in world.peers:
        for taken in peer.taken:
            assert taken.data == DATA or not taken.recipients


def _taken(world: World, recipient: str) -> list[Entry]:
    """Return the answers to the dots of a recipient's messages, in order of time."""
    found = []
    for number, peer in enumerate(world.peers):
        ends = [
            one
            for one in world.entries
            if one.connection == number and one.step == "END"
        ]
        for taken, end in zip(peer.taken, ends, strict=True):
            if recipient in taken.recipients:
                found.append(end)
    return found


def _check_copies(world: World, recipient: str) -> None:
    """Only a lost answer to the dot may make another copy."""
    copies = [one for one in _taken(world, recipient) if not _is_refused(one)]
    for copy in copies[:-1]:
        assert not copy.is_plain, "the client was told that it is taken"
    # Who does not know waits; nobody tries again at once.
    assert len({copy.attempt for copy in copies}) == len(copies)


def _is_refused(end: Entry) -> bool:
    return end.is_plain and end.code >= 400


def _check_state(
    world: World, number: int, result: Result, entries: list[Entry]
) -> None:
    mine = [one for one in _taken(world, result.address) if one.attempt == number]
    if result.state == "sent" and not _hides_a_gap(entries):
        assert 200 <= mine[-1].code < 300
        assert mine[-1].kind not in ("absent", "malformed", "closed", "late")
    elif result.state == "failed":
        assert _may_fail(result.address, entries)
    else:
        assert result.state in ("deferred", "sent")
        assert result.reason or result.state == "sent"
    wanted = _wanted(result.address, entries)
    assert wanted in (None, result.state), (wanted, result, entries)


def _hides_a_gap(entries: list[Entry]) -> bool:
    """Tell whether a reply too many stands in the place of one that did not come."""
    kinds = {one.kind for one in entries}
    return "extra" in kinds and "absent" in kinds


def _may_fail(recipient: str, entries: list[Entry]) -> bool:
    """Tell whether a 5xx was given that may be for a recipient."""
    return any(
        500 <= one.code < 600
        and one.step in smtp_behaviour.STEPS
        and one.recipient in ("", recipient)
        for one in entries
    ) or any(
        # The 5xx of another one, taken for theirs: no client can tell, because there
        # was no reply in the place of an earlier one, or one more, and then an end.
        one.kind in ("absent", "extra", "malformed")
        for one in entries
    )


def _wanted(recipient: str, entries: list[Entry]) -> str | None:
    """Return the state by RFC 5321; None: an answer did not come through."""
    if not all(one.is_plain for one in entries):
        return None
    own = [at for at, one in enumerate(entries) if one.recipient == recipient]
    if not own:
        # Without PIPELINING nobody is named after a refused MAIL; nor after a 421.
        return None if entries[-1].step != "CONNECT" else "deferred"
    last = own[-1]
    rcpt, connection = entries[last], entries[last].connection
    before = [one for one in entries[:last] if one.connection == connection]
    mail = next(one for one in reversed(before) if one.step == "MAIL")
    after = [one for one in entries[last + 1 :] if one.connection == connection]
    if any(one.code == 421 for one in before) or mail.code >= 400:
        return _state(mail) if mail.code >= 400 else "deferred"
    if rcpt.code == 452 and any(one.step == "MAIL" for one in after):
        # It was to go in a next transaction, which has not come as far as to it.
        refused = [one for one in after if one.step == "MAIL" and one.code != 250]
        return _state(refused[0]) if refused else "deferred"
    if rcpt.code >= 400:
        return "deferred" if _is_too_many(rcpt) else _state(rcpt)
    for one in after:
        if one.code == 421 and one.step in ("RCPT", "DATA", "END"):
            return "deferred"
        if one.step == "END" or (one.step == "DATA" and one.code >= 400):
            return "sent" if one.code < 300 else _state(one)
    return "deferred"


def _state(entry: Entry) -> str:
    if entry.code < 500 or entry.code == 530:
        return "deferred"
    return "failed"


def _is_too_many(entry: Entry) -> bool:
    return entry.code == 552 and not entry.enhanced


def test_usual_server_takes_everything_once() -> None:
    for most in (1, 2, 100):
        for offers in ((), ("PIPELINING",)):
            world = World({}, offers, most)
            recipients = [f"{name}@example.net" for name in "abcd"]
            (attempt,) = _run(world, recipients)
            assert {one.state for one in attempt.results} == {"sent"}
            assert len(world.peers) == 1
