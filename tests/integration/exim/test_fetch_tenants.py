# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Documents of tenants on their way from a gateway to the node."""

import concurrent.futures
import threading
import uuid as sys_uuid

import pytest

from exordos_mail.dataplane.agent import gateway
from exordos_mail.dataplane.engine import fetcher, layout, state
from exordos_mail.protocol import messages
from tests.integration.exim import far_gateway, payloads, waiting

_TENANTS = [payloads.document(number) for number in range(1, 41)]
_UUIDS = [one["uuid"] for one in _TENANTS]


@pytest.fixture
def far():
    far = far_gateway.Gateway()
    far.want(payloads.payload(tenants=_TENANTS))
    yield far
    far.stop()


@pytest.fixture
def client(far, monkeypatch):
    monkeypatch.setattr(gateway, "_BACKOFF_MIN", 0.1)
    client = far.client()
    client.start()
    yield client
    client.stop()


@pytest.fixture
def node(client, tmp_path):
    return fetcher.Fetcher(client, state.Store(layout.Layout(str(tmp_path))))


def test_each_document_comes_as_it_is(far, node):
    assert dict(node.documents_of("tenants", dict.fromkeys(_UUIDS, ""))) == {
        one["uuid"]: one for one in _TENANTS
    }
    assert [len(one) for one in far.fetched] == [16, 16, 8]


def test_they_are_fetched_as_they_are_taken(far, node):
    coming = node.documents_of("tenants", dict.fromkeys(_UUIDS, ""))
    assert far.fetched == []
    assert next(coming)[0] == _UUIDS[0]
    assert far.fetched == [_UUIDS[: messages.FETCH_MAX]]


def test_a_tenant_that_is_gone_is_left_out(far, node):
    gone = str(sys_uuid.uuid4())
    assert dict(node.documents_of("tenants", dict.fromkeys([gone, _UUIDS[0]], ""))) == {
        _UUIDS[0]: _TENANTS[0]
    }


def test_a_document_may_be_newer_than_the_state(far, node, client):
    told = client.sync({}).changed["tenants"][_UUIDS[0]]
    newer = payloads.document(1, tag=str(sys_uuid.uuid4()))
    far.want(payloads.payload(tenants=[newer]))
    assert dict(node.documents_of("tenants", dict.fromkeys(_UUIDS[:1], ""))) == {
        _UUIDS[0]: newer
    }
    assert newer["tag"] != told
    assert client.sync({}).changed["tenants"] == {_UUIDS[0]: newer["tag"]}


def test_a_large_document_comes_in_a_part_of_its_own(far, node):
    listed = [
        {
            "address": f"user{number}@recipient.example",
            "reason": "asked for it " * 10,
            "created_at": "2026-01-01T00:00:00.000Z",
            "expires_at": None,
        }
        for number in range(10_000)
    ]
    large = payloads.document(2, suppressions=listed)
    far.want(payloads.payload(tenants=[_TENANTS[0], large, _TENANTS[2]]))
    parts = []

    def count(honest):
        parts.extend(honest)
        return honest

    far.answer = count
    found = dict(node.documents_of("tenants", dict.fromkeys(_UUIDS[:3], "")))
    assert found[large["uuid"]] == large
    assert [list(part.texts) for part in parts] == [[one] for one in _UUIDS[:3]]


def test_what_could_not_be_made_is_told_after_all_that_could(far, node):
    def closed(reply):
        (part,) = reply
        texts = {uuid: one for uuid, one in part.texts.items() if uuid != _UUIDS[0]}
        problem = "" if len(texts) == len(part.texts) else "no secrets"
        yield messages.Documents(part.number, texts, problem, last=True)

    far.answer = closed
    found = []
    with pytest.raises(fetcher.FetchError, match="no secrets"):
        found.extend(node.documents_of("tenants", dict.fromkeys(_UUIDS, "")))
    assert [uuid for uuid, _ in found] == _UUIDS[1:]


def _refuse(reply):
    yield messages.Refused(reply[0].number, "nothing for this node")


def _half(reply):
    yield messages.Documents(reply[0].number, {}, "", last=False)


def _nonsense(reply):
    yield messages.Sync(reply[0].number, {})


def _cut(reply):
    raise far_gateway.Cut


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (_refuse, "the node gateway refuses: nothing for this node"),
        (_half, "the node gateway does not answer"),
        (_nonsense, "the node gateway is away: a message of a reply has no place"),
        (_cut, "the node gateway is away"),
    ],
)
def test_bad_reply(far, node, monkeypatch, answer, why):
    monkeypatch.setattr(gateway, "_REPLY_TIMEOUT", 0.2)
    far.answer = answer
    with pytest.raises(fetcher.FetchError, match=f"^{why}"):
        list(node.documents_of("tenants", dict.fromkeys(_UUIDS, "")))
    far.answer = lambda honest: honest
    waiting.until(lambda: _number_of_documents(node) == len(_UUIDS), "healed")


def _number_of_documents(node) -> int:
    try:
        return len(dict(node.documents_of("tenants", dict.fromkeys(_UUIDS, ""))))
    except fetcher.FetchError:
        return 0


def test_no_gateway(tmp_path):
    node = fetcher.Fetcher(None, state.Store(layout.Layout(str(tmp_path))))
    with pytest.raises(fetcher.FetchError, match="no node gateway"):
        list(node.documents_of("tenants", dict.fromkeys(_UUIDS, "")))
    assert list(node.documents_of("tenants", {})) == []


def test_documents_and_state_may_be_asked_for_at_once(far, node, client):
    """exim's part does not wait for tenants: neither takes the other's reply."""
    held, go = threading.Event(), threading.Event()

    def hold(reply):
        if isinstance(reply[0], messages.Documents):
            held.set()
            assert go.wait(10)
        return reply

    far.answer = hold
    with concurrent.futures.ThreadPoolExecutor() as pool:
        documents = pool.submit(
            lambda: dict(node.documents_of("tenants", dict.fromkeys(_UUIDS[:2], "")))
        )
        assert held.wait(10)
        states = pool.submit(client.sync, {})
        waiting.until(lambda: len(client._awaited) == 2, "both are asked")
        go.set()
        assert set(documents.result(10)) == set(_UUIDS[:2])
        assert set(states.result(10).changed["tenants"]) == set(_UUIDS)


def test_documents_do_not_answer_the_doorbell(far, node, client):
    """A ring is about the state: only a Sync may take it for heard."""
    waiting.until(lambda: client.is_rung, "connected")
    list(node.documents_of("tenants", dict.fromkeys(_UUIDS[:1], "")))
    assert client.is_rung
    client.sync({})
    assert not client.is_rung
