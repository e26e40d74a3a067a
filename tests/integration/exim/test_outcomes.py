# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What becomes of messages: from the remote's reply to who has to know it.

The remote is the far side's mail host, exim and the send service are real, and the
reader is in the agent as it is on a node.
"""

import contextlib
import gc
import itertools
import os
import pathlib
import random
import signal
import subprocess
import sys
import time
import typing as tp

import pytest

from exordos_mail.standards import submitter
from tests.integration.exim import (
    far_gateway,
    fixtures,
    payloads,
    send_node,
    smarthost,
    waiting,
)

agent = send_node.agent
clock = send_node.clock
far = far_gateway.far

_FROM = "From: alice@example.com\r\nMessage-ID: <{}@example.com>\r\n\r\nx\r\n"
_KILLS = int(os.environ.get("EXORDOS_MAIL_KILLS", "50"))
_ENDS = ("delivered", "bounced", "suppressed", "failed", "expired")


@pytest.fixture(autouse=True)
def alone() -> None:
    """Let no agent of an earlier test read the same log; it ends with its object."""
    gc.collect()


def post(*to: str, **more: str) -> str:
    """Have the tenant send a message; return its id."""
    status, answer = send_node.call(
        "POST",
        "/v1/messages",
        payloads.api_key(),
        {"from": "news@example.com", "to": list(to), "text": "x", "subject": "x"}
        | more,
    )
    assert status == 202, answer
    return str(answer["id"])


def message(message_id: str) -> dict[str, tp.Any]:
    path = f"/v1/messages/{message_id}"
    return send_node.call("GET", path, payloads.api_key())[1]


def events(message_id: str) -> list[tuple[str, str]]:
    """Return the events after `sent`, and their recipients."""
    return [
        (one["type"], one["recipient"])
        for one in message(message_id)["events"]
        if one["type"] not in ("accepted", "sent")
    ]


def test_the_tenant_hears_what_became_of_a_message(agent, internet):
    to = ("bob@elsewhere.test", "refused@elsewhere.test", "later@elsewhere.test")
    message_id = post(*to)
    agent.look()
    wanted = {("delivered", to[0]), ("bounced", to[1]), ("delayed", to[2])}
    waiting.until(lambda: set(events(message_id)) == wanted, "it hears of all three")
    found = {one["address"]: one for one in message(message_id)["recipients"]}
    assert found[to[1]]["reply"] == "550 5.1.1 nobody"
    assert (found[to[1]]["state"], found[to[1]]["outcome"]) == ("sent", "bounced")
    (bounced,) = [
        one["details"]
        for one in message(message_id)["events"]
        if one["type"] == "bounced"
    ]
    assert bounced["server"] == "mx.elsewhere.test"
    assert (bounced["class"], bounced["address"]) == ("recipient", "192.0.2.25")
    status, listed = send_node.call("GET", "/v1/suppressions", payloads.api_key())
    assert status == 200
    assert [one["address"] for one in listed["suppressions"]] == [to[1]]
    # The remote never sees whose message it is.
    envelope, content = internet.next_message()
    assert "send.invalid" not in str(envelope)
    assert b"send.invalid" not in content


@pytest.fixture
def host(far_programs: None) -> tp.Iterator[smarthost.Smarthost]:
    """The smarthost; a node's exim that is started later trusts it."""
    found = smarthost.begin()
    yield found
    smarthost.end(found)


def test_a_smarthost_has_it_which_is_no_delivery(host, agent, far):
    way = smarthost.way()
    send_node.want(agent, far, [payloads.document()], 3, more=way)
    send_node.settles(agent)
    message_id = post("bob@elsewhere.test")
    host.next_message()
    wanted = [("relayed", "bob@elsewhere.test")]
    waiting.until(lambda: events(message_id) == wanted, "it hears")
    log = (smarthost.DIRECTORY / "log/mainlog").read_text()
    # Whose message it is in the envelope stays on the node.
    assert "bob@elsewhere.test" in log
    assert "send.invalid" not in log


def test_the_control_plane_hears_of_accounts(agent, far, machine):
    to = ("bob@elsewhere.test", "refused@elsewhere.test", "later@elsewhere.test")
    text = _FROM.format("of-alice")
    assert fixtures.submit(text, recipients=to)[0] == 250
    agent.look()
    waiting.until(lambda: len(far.told) == 3, "it hears of all three")
    found = {one.recipient: one for one in far.told}
    assert [found[one].state for one in to] == ["delivered", "bounced", "delayed"]
    for one in far.told:
        assert (one.login, one.sender) == ("alice@example.com", "alice@example.com")
        assert one.message_id == "of-alice@example.com"
        assert 0 < one.accepted_at <= one.at
    assert found[to[1]].reply == "550 5.1.1 nobody"
    assert (found[to[0]].host, found[to[0]].address) == (
        "mx.elsewhere.test",
        "192.0.2.25",
    )
    # Each once, also after another try and another agent.
    machine.run_queue()
    agent.restart()
    assert fixtures.submit(_FROM.format("two"))[0] == 250
    agent.look()
    waiting.until(lambda: len(far.told) >= 4, "it hears of the next")
    # The agent before may be at its end yet, and tell the same.
    assert {one.message_id for one in far.told[3:]} == {"two@example.com"}
    assert len({one.id for one in far.told[3:]}) == 1


def test_nobody_but_the_send_service_says_whose_message_it_is(agent, far):
    """A client's own words never are a login, a submitter or a line of the log."""
    stolen = str(submitter.Submitter("01a2296c-1736-7000-b445-582aa461bf78", "shop"))
    words = f"x> SUBMITTED login=<> submitter=<{stolen}> message-id=<y"
    with contextlib.closing(fixtures.alice()) as smtp:
        smtp.docmd("EHLO", words)
        code, _ = smtp.docmd(f"MAIL FROM:<alice@example.com> AUTH={stolen}")
        assert code == 250
        smtp.rcpt("bob@elsewhere.test")
        assert smtp.data(_FROM.format(words.replace("@", "=")))[0] == 250
    agent.look()
    waiting.until(lambda: far.told, "it is told")
    (one,) = far.told
    assert (one.login, one.recipient) == ("alice@example.com", "bob@elsewhere.test")
    assert " " not in one.message_id


def test_who_is_left_of_a_removed_message_was_not_delivered(agent, far, machine):
    to = ("bob@elsewhere.test", "later@elsewhere.test")
    assert fixtures.submit(_FROM.format("x"), recipients=to)[0] == 250
    agent.look()
    waiting.until(lambda: len(far.told) == 2, "it hears of both")
    machine.supervisor.run("-Mrm", far.told[0].queue_id)
    assert fixtures.submit(_FROM.format("after"))[0] == 250
    waiting.until(lambda: len(far.told) > 2, "it hears of the next")
    states = {(one.recipient, one.state) for one in far.told[:2]}
    assert states == {(to[0], "delivered"), (to[1], "delayed")}
    assert {one.message_id for one in far.told[2:]} == {"after@example.com"}


def test_the_instance_goes_and_leaves_nothing_of_it(agent, machine, far):
    assert fixtures.submit(_FROM.format("x"))[0] == 250
    agent.look()
    waiting.until(lambda: far.told, "it is told")
    directory = machine.layout.disk(machine.layout.outcomes_dir)
    assert list(directory.iterdir())
    agent.orchestrator.want(None)
    waiting.until(lambda: not agent.look() and not directory.exists(), "it is gone")


class Victims:
    """What is killed, and comes back: exim, the send service, the reader."""

    def __init__(self, machine: fixtures.Machine, directory: pathlib.Path) -> None:
        self._machine = machine
        self._command = [sys.executable, "-m", f"{__package__}.outcome_reader"]
        self._command.append(str(directory))
        self._reader = self._read()
        self._next = itertools.cycle((self._exim, self._send, self._reading))

    def kill(self) -> None:
        """Kill the next one without a word, and start it again."""
        next(self._next)()

    def close(self) -> None:
        self._reader.kill()
        self._reader.wait()

    def _read(self) -> subprocess.Popen[bytes]:
        repository = pathlib.Path(__file__).parents[3]
        return subprocess.Popen(self._command, cwd=repository)

    def _reading(self) -> None:
        self.close()
        self._reader = self._read()

    def _exim(self) -> None:
        for pid in self._machine.supervisor.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        waiting.until(lambda: not self._machine.supervisor.pids(), "exim is dead")
        self._machine.supervisor.start()

    def _send(self) -> None:
        self._machine.send.kill()
        self._machine.send.start()
        waiting.until(send_node.SOCKET.exists, "the send service is back")


@pytest.fixture
def victims(agent, machine, tmp_path) -> tp.Iterator[Victims]:
    found = Victims(machine, tmp_path)
    yield found
    found.close()


def ends(message_id: str) -> list[str]:
    """Return what became of a message in the end, for each recipient."""
    return sorted(kind for kind, _ in events(message_id) if kind in _ENDS)


def hurry(message_id: str) -> None:
    """Have the send service try a message now that it put off."""
    path = f"/v1/messages/{message_id}"
    send_node.call("PATCH", path, payloads.api_key(), {"send_at": 1})


def test_killed_between_any_two_steps(victims, machine, internet):
    """No outcome is lost, none is told twice, whoever is killed."""
    chance = random.Random(4711)  # noqa: S311 no secret
    sent: list[str] = []
    for number in range(_KILLS):
        with contextlib.suppress(OSError, AssertionError):
            # Nobody may be there to take it.
            sent.append(post(f"r{number}@elsewhere.test", "full@elsewhere.test"))
        time.sleep(chance.random() * 0.3)
        victims.kill()
    assert len(sent) > _KILLS / 3

    def all_told() -> bool:
        machine.run_queue()
        open_ones = [one for one in sent if len(ends(one)) < 2]
        for one in open_ones:
            hurry(one)
        return not open_ones

    waiting.until(all_told, "all outcomes are told", 120)
    assert [ends(one) for one in sent] == [["bounced", "delivered"]] * len(sent)
