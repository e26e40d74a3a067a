# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Sieve scripts that the control plane keeps, on a node (docs/adr/0048)."""

import concurrent.futures
import contextlib
import hashlib
import itertools
import pathlib
import threading
import time
import typing as tp
import uuid as sys_uuid

import pytest

from exordos_mail import constants as c
from exordos_mail.dataplane import registry
from exordos_mail.dataplane.services.sieve import service, shelf
from exordos_mail.protocol import documents
from tests.integration.dovecot import boxes as boxes_lib
from tests.integration.dovecot.boxes import ALICE, BOB, Boxes, deliver, imap
from tests.integration.exim import killing, waiting

killed_child = killing.killed_child

_DIRECTORY = pathlib.Path(c.SIEVE_SCRIPTS_DIR)
_FIRST = 5
_FILE = 'require ["fileinto", "mailbox"]; fileinto :create "{}";'
_COPY = 'require ["fileinto", "copy", "mailbox"]; fileinto :copy :create "{}";'


def _uuid(name: str) -> str:
    return str(sys_uuid.uuid5(sys_uuid.NAMESPACE_URL, name))


def _script(content: str, name: str = "main", renamed: str = "") -> dict[str, tp.Any]:
    """Return a script of bob by its uuid, which its first name tells."""
    told = {"account": boxes_lib.store("bob"), "enabled": True}
    told |= {"name": renamed or name, "content": content}
    return {_uuid(name): told}


def _names() -> set[str]:
    return {one.name for one in (_DIRECTORY / boxes_lib.store("bob")).iterdir()}


def _listed() -> list[str]:
    """Return what runs for bob."""
    path = _DIRECTORY / boxes_lib.store("bob") / "list"
    return path.read_text().split() if path.exists() else []


def _payload(
    *scripts: tp.Mapping[str, tp.Any], more: tp.Mapping[str, tp.Any] | None = None
) -> dict[str, tp.Any]:
    whole = {uuid: one for script in scripts for uuid, one in script.items()}
    accounts = {"alice": boxes_lib.account(), "bob": boxes_lib.account("bob")}
    kept = {"sieve_scripts": documents.spread(whole)}
    return boxes_lib.payload(accounts, more={**kept, **(more or {})})


class Told:
    """A gateway that remembers what it was told."""

    is_up = is_rung = False

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
        uuid = _uuid(name)

        def is_told() -> bool:
            return self.facts.get(uuid, {}).get("digest") == digest

        with self._changed:
            assert self._changed.wait_for(is_told, 10)
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
    # The binary is taken: Dovecot would compile the script anew, and fail to keep it.
    assert "Error" not in boxes.log[log:]


def test_former_script_stays_until_the_new_one_compiles(
    boxes: Boxes, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _count("Former"), _count("Later")
    boxes.machine.apply(_payload(_script(_FILE.format("Former"))))
    bad = "keep;\r\nnonsense;\r\n"
    # The node is as it should be; the script is not.
    boxes.machine.apply(_payload(_script(bad, renamed="20-other")))
    error, line = told.of(bad)
    assert error.startswith("line 2: error: unknown command 'nonsense'") and line == 2
    _deliver()
    # As an agent knows that has just been started, without compiling anything.
    again = Told()
    node = registry.mail_node(
        boxes.machine.layout, tp.cast(tp.Any, again), boxes.machine.units
    )
    assert "Sieve" not in node.observe().reason
    assert again.of(bad) == (error, line)
    _deliver()
    assert (_count("Former"), _count("Later")) == (before[0] + 2, before[1])
    good = _FILE.format("Later")
    boxes.machine.apply(_payload(_script(good, renamed="20-other")))
    assert told.of(good) == ("", None)
    _deliver()
    assert (_count("Former"), _count("Later")) == (before[0] + 2, before[1] + 1)
    assert len(_listed()) == 1
    # Those that run no more are there for deliveries that have begun with them.
    files = {f"{_listed()[0]}.sieve", f"{_listed()[0]}.svbin", "list"}
    assert _names() > files
    monkeypatch.setattr(shelf, "_monotonic", lambda: time.monotonic() + 301)
    boxes.machine.node.pull()
    assert _names() == files


def test_scripts_run_by_their_names_and_then_the_owners(
    boxes: Boxes, told: Told
) -> None:
    own = _FILE.format("Own").encode()
    with contextlib.closing(boxes_lib.Sieve()) as sieve:
        assert sieve.log_in(BOB) == "OK"
        assert sieve.put("main", own)[0] == "OK"
        assert sieve.command(b'SETACTIVE "main"')[0] == "OK"
    folders = "Copy", "First", "Second", "Own"
    before = [_count(one) for one in folders]

    def found() -> list[int]:
        _deliver()
        return [_count(one) - was for one, was in zip(folders, before, strict=True)]

    copy = _script(_COPY.format("Copy"), "05 Ä/../.")
    first, second = (_script(_FILE.format(one), one) for one in ("First", "Second"))
    boxes.machine.apply(_payload(copy))
    assert found() == [1, 0, 0, 1]
    boxes.machine.apply(_payload(second, first, copy))
    # Who has filed a message leaves none to those after it.
    assert found() == [2, 1, 0, 1]
    third = _script(_FILE.format("First"), "First", "Third")
    boxes.machine.apply(_payload(second, third, copy))
    assert found() == [3, 1, 1, 1]
    off = {uuid: {**one, "enabled": False} for uuid, one in second.items()}
    boxes.machine.apply(_payload(off, copy))
    assert found() == [4, 1, 1, 2]
    assert told.of(_FILE.format("Second"), "Second") == ("", None)
    boxes.machine.apply(_payload())
    assert found() == [4, 1, 1, 3]
    assert not _listed()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("if true {" * 10_000 + "}" * 10_000, "deeper than 32 levels"),
        ("if " + "not " * 10_000 + "true {keep;}", "deeper than 32 levels"),
        ("".join(f"foo{one};\n" for one in range(20_000)), "line 1: error"),
        ('require "fileinto"; fileinto "' + "a" * 200_000, "end of file"),
        ("\ufeffkeep;", "line 1: error"),
        ('require "regex"; if header :regex "a" "(a*)*b" {stop;}', "`regex'"),
        # Nothing of another script, and no program.
        ('require "include"; include :global "x";', "`include'"),
        ('require "vnd.dovecot.execute"; execute "is_there";', "execute'"),
        (
            'require "ihave"; if ihave "vnd.dovecot.execute" {execute "is_there";}',
            "`ihave'",
        ),
    ],
    ids=range(9),
)
def test_hostile_script_changes_nothing(
    boxes: Boxes, told: Told, content: str, said: str
) -> None:
    boxes.machine.apply(_payload(_script(content)))
    assert said in told.of(content)[0]
    assert not _listed()


def test_slow_script_is_stopped_and_the_message_kept(boxes: Boxes, told: Told) -> None:
    tests = "".join(f'if body :raw :contains "q{one}" {{keep;}}' for one in range(5000))
    boxes.machine.apply(_payload(_script(f'require "body";{tests}discard;')))
    large = boxes_lib.MESSAGE + b"the quick brown fox and the lazy dog\r\n" * 320_000
    before = _count("INBOX")
    assert deliver(BOB, message=large)[0][0] == 250
    assert "exceeded CPU time limit" in boxes.log
    assert _count("INBOX") == before + 1


def test_redirect_to_itself_ends(boxes: Boxes, told: Told) -> None:
    domains = {"example.com": {"primary": True, "enabled": True, "receives": True}}
    script = _script(f'redirect "{BOB}";')
    boxes.machine.apply(_payload(script, more={"domains": documents.spread(domains)}))
    before = _count("INBOX")
    _deliver()
    waiting.until(lambda: not boxes.queued(), "exim has nothing left")
    waiting.until(lambda: _count("INBOX") > before, "the message is kept")
    assert _count("INBOX") == before + 1


def test_message_is_filed_while_scripts_change(boxes: Boxes, told: Told) -> None:
    folders = "Even", "Odd"
    before = sum(map(_count, folders)), _count("INBOX")
    values = [_payload(_script(_FILE.format(one))) for one in folders]
    boxes.machine.apply(values[0])
    over, sent = threading.Event(), 0

    def change() -> None:
        for number in range(1, 12):
            boxes.machine.apply(values[number % 2])
        over.set()

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        changing = pool.submit(change)
        while not changing.done():
            _deliver()
            sent += 1
        changing.result()
    assert sum(map(_count, folders)) == before[0] + sent
    assert _count("INBOX") == before[1]


def test_agent_that_is_killed_leaves_the_one_or_the_other(
    boxes: Boxes, told: Told, killed_child: killing.Killing
) -> None:
    folders = "One", "Other"
    inbox = _count("INBOX")
    boxes.machine.apply(_payload(_script(_FILE.format("One"))))
    # What comes before is the node's own copy of what it is told.
    for count in itertools.count(_FIRST, 2):
        wanted = (count + 1) // 2 % 2
        # A content that was compiled before would be there still.
        value = _payload(_script(f"{_FILE.format(folders[wanted])} # {count}"))
        before = [_count(one) for one in folders]
        was_killed = killed_child.before(count, "converge", value)
        _deliver()
        assert sum(map(_count, folders)) == sum(before) + 1
        boxes.machine.fresh_node()
        boxes.machine.apply(value)
        after = _count(folders[wanted])
        _deliver()
        assert _count(folders[wanted]) == after + 1
        if not was_killed:
            break
    assert count > _FIRST + 4
    assert _count("INBOX") == inbox


def test_scripts_go_with_the_mailboxes(boxes: Boxes, told: Told) -> None:
    boxes.machine.apply(_payload(_script("keep;")))
    assert _listed()
    boxes.machine.apply(boxes_lib.payload(mailboxes=None))
    assert not _DIRECTORY.exists()
