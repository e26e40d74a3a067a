# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A node or a gateway of the release on the path, for test_earlier_protocol.py.

node     reads a reply, one message a line; writes what it takes from it
bulk     reads a payload; writes the same
gateway  reads a question and writes a whole reply, one message a line
"""

import json
import sys
import typing as tp

import exordos_mail
from exordos_mail.dataplane.engine import payload
from exordos_mail.protocol import messages, revision, shards

SETTINGS: dict[str, tp.Any] = json.loads(sys.argv[2])


def told(candidate: tp.Any) -> str:
    return json.dumps(
        {
            "from": exordos_mail.__file__,
            "revision": candidate.payload.revision,
            "accounts": sum(map(len, map(shards.accounts, candidate.texts.values()))),
        }
    )


def node(lines: list[str]) -> None:
    reply = [messages.decode(line.encode()) for line in lines]
    texts = {
        shard: text.encode()
        for part in reply[1:]
        for shard, text in tp.cast(messages.Shards, part).texts.items()
    }
    state = tp.cast(messages.State, reply[0])
    print(told(payload.from_reply("u", state, texts, None, ())))


def bulk(lines: list[str]) -> None:
    print(told(payload.from_bulk(json.loads(lines[0]))))


def gateway(lines: list[str]) -> None:
    sync = tp.cast(messages.Sync, messages.decode(lines[0].encode()))
    texts = shards.split({"alice": "$1$abcdefgh$" + "x" * 22})
    digests = shards.digests(texts)
    settings = revision.settings_digest(SETTINGS)
    state = messages.State(
        number=sync.number,
        instance="i",
        name="n",
        generation=1,
        domain="example.com",
        revision=revision.compute("example.com", settings, digests),
        shards=digests,
        settings=SETTINGS,
    )
    for message in (state, *messages.parts(sync.number, texts)):
        print(messages.encode(message).decode())


{"node": node, "bulk": bulk, "gateway": gateway}[sys.argv[1]](
    sys.stdin.read().splitlines()
)
