# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Sieve scripts that the control plane keeps, on a node (docs/adr/0048)."""

import contextlib
import hashlib
import pathlib
import threading
import typing as tp
import uuid as sys_uuid

import pytest

from exordos_mail import constants as c
from exordos_mail.dataplane import registry
from exordos_mail.dataplane.services.sieve import service
from exordos_mail.protocol import documents
from tests.integration.dovecot import boxes as boxes_lib
from tests.integration.dovecot.boxes import ALICE, BOB, Boxes, deliver, imap
from tests.integration.exim import killing

killed_child = killing.killed_child

_DIRECTORY = pathlib.Path(c.SIEVE_SCRIPTS_DIR)
_FILE = 'require ["fileinto", "mailbox"]; fileinto :create "{}";'
_COPY = 'require ["fileinto", "copy", "mailbox"]; fileinto :copy :create "{}";'


def _uuid(name: str) -> str:
    return str(sys_uuid.uuid5(sys_uuid.NAMESPACE_URL, name))


def _script(
    content: str, name: str = "main", who: str = "bob", **more: tp.Any
) -> tp.Any:
    """Return a script by its uuid."""
    told = {"account": boxes_lib.store(who), "name": name, "enabled": True}
    return {_uuid(f"{who} {name}"): {**told, "content": content, **more}}


def _payload(*scripts: tp.Mapping[str, tp.Any], **changes: tp.Any) -> dict[str, tp.Any]:
    whole = {uuid: one for script in scripts for uuid, one in script.items()}
    accounts = {"alice": boxes_lib.account(), "bob": boxes_lib.account("bob")}
    more = {"sieve_scripts": documents.spread(whole)}
    return boxes_lib.payload(accounts, more=more, **changes)


class Told:
    """A gateway that remembers what it was told."""

    has_news = False

    def __init__(self) -> None:
        self.facts: dict[str, tp.Any] = {}
        self._changed = threading.Condition()

    def observe(self, kind: str, facts: tp.Mapping[str, tp.Any]) -> None:
        """Keep facts."""
        with self._changed:
            assert kind == service.KIND
            self.facts |= facts
            self._changed.notify_all()

    def of(self, content: str, name: str = "main") -> tuple[str, int | None]:
        """Wait for the verdict on a content; return its error and line."""
        digest = hashlib.sha256(content.encode()).hexdigest()
        uuid = _uuid(f"bob {name}")

        def is_told() -> bool:
            return self.facts.get(uuid, {}).get("digest") == digest

        with self._changed:
            assert self._changed.wait_for(is_told, 30)
            return self.facts[uuid]["error"], self.facts[uuid]["line"]


@pytest.fixture
def told(boxes: Boxes) -> tp.Iterator[Told]:
    """What the node tells; nobody has a script."""
    found = Told()
    boxes.machine.apply(_payload())
    with contextlib.closing(boxes_lib.Sieve()) as sieve:
        assert sieve.log_in(BOB) == "OK"
        sieve.command(b'SETACTIVE ""')
    boxes.machine.node = registry.mail_node(
        boxes.machine.layout, tp.cast(tp.Any, found), boxes.machine.units
    )
    yield found
    boxes.machine.fresh_node()


def _count(folder: str, login: str = BOB) -> int:
    with imap(login) as found:
        word, data = found.select(f'"{folder}"')
        return int(data[0]) if word == "OK" else 0


def _deliver(login: str = BOB) -> None:
    assert deliver(login)[0][0] == 250


def test_script_files_mail_of_its_account_alone(boxes: Boxes, told: Told) -> None:
    before, others = _count("Kept"), _count("INBOX", ALICE)
    log = len(boxes.log)
    script = _FILE.format("Kept")
    boxes.machine.apply(_payload(_script(script)))
    _deliver()
    _deliver(ALICE)
    assert _count("Kept") == before + 1
    assert _count("INBOX", ALICE) == others + 1
    assert told.of(script) == ("", None)
    # It is compiled already: Dovecot neither compiles it nor wants to keep that.
    assert "sieve" not in boxes.log[log:].lower().replace("managesieve", "") or print(
        boxes.log[log:]
    )
