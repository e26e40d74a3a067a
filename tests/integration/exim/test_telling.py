# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a node's agent makes of gateways that do not keep what they are told."""

import typing as tp

import pytest

from exordos_mail.dataplane.agent import gateway
from exordos_mail.dataplane.engine import source
from exordos_mail.protocol import messages
from tests.integration.exim import far_gateway, waiting
from tests.outcomes import outcome

far = far_gateway.far
Answer = tp.Iterable[messages.Message]


@pytest.fixture
def client(far: far_gateway.Gateway) -> tp.Iterator[gateway.Client]:
    """The agent's client, connected."""
    found = far.client()
    found.start()
    waiting.until(lambda: found.is_up, "connected")
    yield found
    found.stop()


def _refuse(honest: list[tp.Any]) -> Answer:
    yield messages.Refused(honest[0].number, "nothing for this node")


def _of_another_question(honest: list[tp.Any]) -> Answer:
    yield messages.Told(honest[0].number + 1)


def _nonsense(honest: list[tp.Any]) -> Answer:
    yield messages.Documents(honest[0].number, {}, "", last=True)


def _cut(honest: list[tp.Any]) -> Answer:
    raise far_gateway.Cut


def _silence(honest: list[tp.Any]) -> Answer:
    return ()


def _tells(client: gateway.Client) -> bool:
    try:
        client.tell([outcome(1)])
    except source.GatewayError:
        return False
    return True


def test_all_is_told_in_order(far: far_gateway.Gateway, client: gateway.Client) -> None:
    told = [outcome(n) for n in range(1000)]
    client.tell(iter(told))
    assert far.told == told
    assert far.connections == 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (_refuse, "the node gateway refuses: nothing for this node"),
        (_of_another_question, "the node gateway does not answer"),
        (_nonsense, "the node gateway is away"),
        (_cut, "the node gateway is away"),
        (_silence, "the node gateway does not answer"),
    ],
)
def test_what_is_not_kept_is_said_and_told_again(
    far: far_gateway.Gateway,
    client: gateway.Client,
    monkeypatch: pytest.MonkeyPatch,
    answer: tp.Callable[[list[tp.Any]], Answer],
    why: str,
) -> None:
    monkeypatch.setattr(gateway, "_REPLY_TIMEOUT", 0.2)
    monkeypatch.setattr(gateway, "_BACKOFF_MIN", 0.05)
    far.answer = answer
    with pytest.raises(source.GatewayError, match=why):
        client.tell([outcome(1)])
    far.answer = lambda honest: honest
    monkeypatch.setattr(gateway, "_REPLY_TIMEOUT", 10.0)
    waiting.until(lambda: _tells(client), "told again")
    assert set(far.told) == {outcome(1)}


def test_a_gateway_that_is_away_is_said_at_once(
    far: far_gateway.Gateway, client: gateway.Client
) -> None:
    client.tell([outcome(1)])
    far.stop()
    waiting.until(lambda: not client.is_up, "the connection is lost")
    with pytest.raises(source.GatewayError, match="the node gateway is away"):
        client.tell([outcome(1)])
