# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Nodes and gateways of different releases, for instances without tenants."""

import json
import os
import pathlib
import subprocess
import sys
import typing as tp

import pytest

from exordos_mail.dataplane.engine import payload
from exordos_mail.protocol import messages
from exordos_mail.standards import dkim
from tests import history
from tests.integration.controlplane import world as w

SPEAKER = pathlib.Path(__file__).parent / "speak_as_earlier.py"

SETTINGS: dict[str, tp.Any] = {
    "dkim_keys": {
        "platform": {
            "algorithm": dkim.ED25519_SHA256,
            "private_key": dkim.generate_private_key(dkim.ED25519_SHA256),
        }
    },
    "rate_limit": "1000 / 1h",
}


@pytest.fixture(scope="module", params=history.RELEASES)
def earlier(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tp.Callable[[str, tp.Iterable[bytes]], list[str]]:
    """The code of an earlier release: takes lines, returns lines."""
    sources = tmp_path_factory.mktemp("releases") / request.param
    history.sources(request.param, sources)

    def speak(role: str, lines: tp.Iterable[bytes]) -> list[str]:
        done = subprocess.run(
            (sys.executable, SPEAKER, role, json.dumps(SETTINGS)),
            input=b"\n".join(lines),
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(sources)},
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().splitlines()

    return speak


def _check(told: list[str], revision: str) -> None:
    found = json.loads(told[0])
    assert "/releases" in found["from"]
    assert (found["revision"], found["accounts"]) == (revision, 1)


def test_an_earlier_node_and_our_gateway(earlier, call, world, assigned, node):
    w.add_account(assigned, "alice")
    world.iterate()
    caller = call(node)
    caller.say(messages.Sync(1, "", {}))
    lines: list[bytes] = []
    while not (lines and json.loads(lines[-1]).get("last")):
        octets = caller.hear_octets()
        if not isinstance(messages.decode(octets), messages.Ring):
            lines.append(octets)
    _check(earlier("node", lines), w.payload(assigned)["revision"])


def test_an_earlier_node_and_our_payload(earlier, served, world):
    w.add_account(served, "alice")
    world.iterate()
    value = w.payload(served)
    _check(earlier("bulk", [json.dumps(value).encode()]), value["revision"])


def test_our_node_and_an_earlier_gateway(earlier):
    question = messages.encode(messages.Sync(5, "", {}))
    reply = [messages.decode(line.encode()) for line in earlier("gateway", [question])]
    state, *parts = reply
    assert isinstance(state, messages.State)
    assert (state.number, state.tenants) == (5, {})
    texts = {
        shard: text.encode() for part in parts for shard, text in part.texts.items()
    }
    candidate = payload.from_reply("u", state, texts, None, ())
    assert candidate.payload.revision == state.revision
    assert candidate.payload.tenants == {}
