# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Which recipients are simulated, and what an attempt at them comes to."""

import dataclasses

import pytest

from exordos_mail.send.bounces import simulated, taking
from exordos_mail.send.content import check, request, simulator
from exordos_mail.send.delivery import simulation
from exordos_mail.send.delivery.attempt import Attempt
from exordos_mail.send.queue import states
from exordos_mail.send.queue.job import Job
from tests.unit.send import smtp_dialogue, virtual

HOST = simulator.HOST


class _Parts:
    """Stands for what an attempt asks: all is well, but for what a test says."""

    id = "me"
    is_ours = True

    async def prepare(self, job: Job) -> bytes:
        return b""

    async def ask(self, job: Job, worker_id: str) -> Job:
        return job

    def may_send(self) -> bool:
        return self.is_ours


@pytest.mark.parametrize(
    ("address", "is_its", "behaviour"),
    [
        (f"bounce@{HOST}", True, "bounce"),
        (f"BOUNCE+a+b@{HOST.upper()}", True, "bounce"),
        (f"defer+@{HOST}", True, "defer"),
        (f"nobody@{HOST}", True, "bounce"),
        (f"+slow@{HOST}", True, "bounce"),
        (f"bounce@a.{HOST}", False, "success"),
        (f"bounce@not{HOST}", False, "success"),
        (f"bounce@{HOST}.example", False, "success"),
        (f"{HOST}@example.net", False, "success"),
    ],
)
def test_address(address: str, is_its: bool, behaviour: str) -> None:
    assert simulator.is_address(address) is is_its
    assert simulator.behaviour(address) == behaviour


def test_unknown_mailbox_is_named_with_its_field() -> None:
    given = request.MessageIn(
        from_="a@b.example", to="x@y.example", bcc=["no@Simulator.INVALID"], text="x"
    )
    with pytest.raises(check.Invalid) as raised:
        check.check(given, 0)
    assert raised.value.errors == [("bcc", simulator.RULE)]


@pytest.mark.parametrize("is_test", [False, True])
def test_recipients_are_parted_in_their_order(is_test: bool) -> None:
    to = ["a@x.example", f"slow@{HOST}", "b@x.example", f"bounce@{HOST}"]
    one = dataclasses.replace(smtp_dialogue.job(*to), is_test=is_test)
    parts = simulation.split(one)
    positions = [0, 1, 2, 3] if is_test else [1, 3]
    assert [at for at, _ in parts.simulated.recipients] == positions
    assert len(parts.real.recipients) == (0 if is_test else 2)


@pytest.mark.parametrize(
    ("to", "is_test"), [(f"success@{HOST}", False), ("a@example.net", True)]
)
def test_none_of_them_is_ever_handed_over(to: str, is_test: bool) -> None:
    one = dataclasses.replace(smtp_dialogue.job(to), is_test=is_test)
    with pytest.raises(ValueError, match="never handed to a server"):
        Attempt(one, b"", lambda: True)


def test_attempt_defers_once_and_takes_its_time() -> None:
    to = [f"{name}@{HOST}" for name in simulator.MAILBOXES]
    parts = _Parts()

    async def attempts() -> list[list[str]]:
        found = []
        for number in (1, 2):
            one = dataclasses.replace(smtp_dialogue.job(*to), attempt=number)
            made = await simulation.attempt(one, parts, parts, parts)
            assert all(result.is_simulated for result in made)
            found.append([result.state for result in made])
        return found

    first, second = virtual.run(attempts())
    sent = [states.SENT] * 5
    assert second == sent
    assert first == [*sent[:3], states.DEFERRED, states.SENT]
    assert simulation.seconds(smtp_dialogue.job(*to)) == simulation.SLOW
    assert simulation.seconds(smtp_dialogue.job(to[0])) == 0


def test_claim_that_is_lost_meanwhile_has_no_result() -> None:
    parts = _Parts()
    parts.is_ours = False
    one = smtp_dialogue.job(f"success@{HOST}")
    (made,) = virtual.run(simulation.attempt(one, parts, parts, parts))
    assert (made.state, made.reason) == (states.DEFERRED, "claim_lost")


def test_bounce_has_the_class_of_an_unknown_recipient() -> None:
    (found,) = simulated.findings(f"bounce@{HOST}")
    assert taking._class(found) == "recipient"
    kinds = [one.action for one in simulated.findings(f"complaint+x@{HOST}")]
    assert kinds == ["delivered", "complained"]
