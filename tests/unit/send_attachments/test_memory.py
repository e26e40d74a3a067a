#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

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
