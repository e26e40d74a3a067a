# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The cache's memory."""

from exordos_mail.send.attachments.memory import Key, Memory


def _key(name: str, tenant: str = "acme") -> Key:
    return (tenant, "md5", name)


def test_least_recently_used_go_first() -> None:
    memory = Memory(limit=30, seconds=60)
    for name in ("a", "b", "c"):
        memory.put(_key(name), name.encode() * 10)
    assert memory.get(_key("a")) == b"a" * 10
    memory.put(_key("d"), b"d" * 10)
    assert memory.get(_key("b")) is None
    assert memory.get(_key("a")) and memory.get(_key("c")) and memory.get(_key("d"))


def test_what_is_put_again_counts_once() -> None:
    memory = Memory(limit=30, seconds=60)
    memory.put(_key("a"), b"a" * 10)
    for _ in range(10):
        memory.put(_key("b"), b"b" * 20)
    assert memory.get(_key("a")) == b"a" * 10


def test_what_is_too_large_drives_nobody_out() -> None:
    memory = Memory(limit=30, seconds=60)
    memory.put(_key("a"), b"a" * 10)
    memory.put(_key("b"), b"b" * 31)
    assert memory.get(_key("b")) is None
    assert memory.get(_key("a")) == b"a" * 10


def test_what_is_too_old_is_gone() -> None:
    memory = Memory(limit=30, seconds=0)
    memory.put(_key("a"), b"a")
    assert memory.get(_key("a")) is None


def test_tenants_are_apart() -> None:
    memory = Memory(limit=30, seconds=60)
    memory.put(_key("a"), b"a")
    assert memory.get(_key("a", "other")) is None
    memory.put(_key("a", "other"), b"a")
    memory.forget("acme")
    assert memory.get(_key("a")) is None
    assert memory.get(_key("a", "other")) == b"a"
