# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A sealed channel opens what the other side said, in its order, and nothing else."""

import json
import uuid as sys_uuid

import pytest

from exordos_mail.protocol import channel

KEY = bytes(range(32))


def pair(
    key: bytes = KEY, other: bytes = KEY
) -> tuple[channel.Channel, channel.Channel]:
    client, server = channel.new_nonce(), channel.new_nonce()
    return (
        channel.Channel(key, client, server, is_server=False),
        channel.Channel(other, client, server, is_server=True),
    )


def test_both_directions():
    node, gateway = pair()
    for text in (b"one", b"", b"three"):
        assert gateway.open(node.seal(text)) == text
        assert node.open(gateway.seal(text)) == text


def test_nothing_is_readable():
    node, _ = pair()
    assert b"secret" not in node.seal(b"a secret text")


def test_another_key():
    node, gateway = pair(other=bytes(32))
    with pytest.raises(channel.ChannelError):
        gateway.open(node.seal(b"hello"))


def test_repeated():
    node, gateway = pair()
    sealed = node.seal(b"hello")
    gateway.open(sealed)
    with pytest.raises(channel.ChannelError):
        gateway.open(sealed)


def test_left_out():
    node, gateway = pair()
    node.seal(b"first")
    with pytest.raises(channel.ChannelError):
        gateway.open(node.seal(b"second"))


def test_turned_round():
    node, _ = pair()
    with pytest.raises(channel.ChannelError):
        node.open(node.seal(b"hello"))


def test_of_another_connection():
    node, _ = pair()
    _, gateway = pair()
    with pytest.raises(channel.ChannelError):
        gateway.open(node.seal(b"hello"))


@pytest.mark.parametrize("sealed", [b"", b"\0" * 15, b"\0" * 40, "text"])
def test_rubbish(sealed):
    with pytest.raises(channel.ChannelError):
        pair()[0].open(sealed)


def test_changed():
    node, gateway = pair()
    sealed = bytearray(node.seal(b"hello"))
    sealed[0] ^= 1
    with pytest.raises(channel.ChannelError):
        gateway.open(bytes(sealed))


def test_hello_round_trip():
    hello = channel.Hello(sys_uuid.uuid4(), channel.new_nonce())
    assert channel.decode_hello(hello.encode()) == hello


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"node": "x"},
        {"node": None},
        {"nonce": "00"},
        {"nonce": 5},
        {"nonce": "zz" * 32},
    ],
)
def test_bad_hello(change):
    value = json.loads(channel.Hello(sys_uuid.uuid4(), channel.new_nonce()).encode())
    with pytest.raises(channel.ChannelError):
        channel.decode_hello(json.dumps(value | change))


@pytest.mark.parametrize("message", ["", "[]", "null", "{}", b"\xff\xfe", "[" * 9])
def test_no_hello(message):
    with pytest.raises(channel.ChannelError):
        channel.decode_hello(message)


def test_reply_round_trip():
    nonce = channel.new_nonce()
    assert channel.decode_reply(channel.encode_reply(nonce)) == nonce


@pytest.mark.parametrize(
    "change", [{"version": 2}, {"nonce": "00"}, {"nonce": 5}, {"nonce": "zz" * 32}]
)
def test_bad_reply(change):
    value = json.loads(channel.encode_reply(channel.new_nonce()))
    with pytest.raises(channel.ChannelError):
        channel.decode_reply(json.dumps(value | change))


@pytest.mark.parametrize("message", ["", "[]", "null", "{}", b"\xff\xfe", "[" * 9])
def test_no_reply(message):
    with pytest.raises(channel.ChannelError):
        channel.decode_reply(message)


def test_wrong_sizes():
    with pytest.raises(channel.ChannelError):
        channel.Channel(b"short", bytes(32), bytes(32), is_server=True)
