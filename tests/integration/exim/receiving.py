# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A machine that receives mail: its accounts, aliases and domains, and who asks it."""

import contextlib
import hashlib
import os
import pathlib
import typing as tp

import pytest

from exordos_mail.dataplane import registry
from exordos_mail.dataplane.engine import converge
from exordos_mail.dataplane.services.exim import probe
from exordos_mail.protocol import documents
from tests.integration.exim import fixtures, mailboxes, payloads, waiting

_HASH = payloads.hashed(payloads.PASSWORD)
UUID = "5b0dbd0a-5b7e-4c54-8a31-8ed8e4b2a2a1"
STRANGER = "somebody@elsewhere.test"
BOX = {"password_hash": _HASH, "mailbox": UUID}


#: Of the app password "for sending".
APP_UUID = "3f0c2a4e-5b7d-4d1e-9c38-1a2b3c4d5e6f"


def app_password(password: str, scopes: list[str], **more: tp.Any) -> dict[str, tp.Any]:
    """Return an app password of an account's document."""
    digest = hashlib.sha256(password.encode()).hexdigest()
    return {
        "hash": digest,
        "scopes": scopes,
        "expires_at": None,
        "sender": None,
        **more,
    }


ACCOUNTS: dict[str, tp.Any] = {
    "alice": BOX,
    "bob": BOX,
    "full": BOX,
    "off": {"mailbox": UUID},
    "reader": {**BOX, "suspended": "read_only"},
    "later": {**BOX, "suspended": "defer"},
    "refused": {**BOX, "suspended": "refuse"},
    "relay": {"password_hash": _HASH},
    "apps": {
        "mailbox": UUID,
        "app_passwords": [
            app_password("for sending", ["smtp"], uuid=APP_UUID),
            app_password("for one sender", ["smtp"], sender="apps@example.com"),
            app_password("for reading", ["imap"]),
            app_password("expired", ["smtp"], expires_at=1_000_000_000),
            app_password("not yet expired", ["smtp"], expires_at=4_000_000_000),
        ],
    },
    "carol@second.org": BOX,
    "dave@sends.org": BOX,
}
ALIASES: dict[str, tp.Any] = {
    "team": {"targets": ["alice@example.com", "bob@example.com"]},
    "shop": {"targets": ["team@example.com", "carol@second.org"]},
    "partly": {"targets": ["alice@example.com", "gone@example.com"]},
    "gone-all": {"targets": ["gone@example.com"]},
    "with-full": {"targets": ["alice@example.com", "full@example.com"]},
    "ring-a": {"targets": ["ring-b@example.com"]},
    "ring-b": {"targets": ["ring-a@example.com"]},
    "ring-and-alice": {"targets": ["ring-a@example.com", "alice@example.com"]},
    "sales": {"targets": ["alice@example.com"], "send_as": True},
    "away": {"targets": ["refused@elsewhere.test"]},
    "pipe": {"targets": ["|x@elsewhere.test", "alice@example.com"]},
    "*@second.org": {"targets": ["bob@example.com"]},
    **{
        f"deep-{number}": {
            "targets": [
                f"deep-{number + 1}@example.com",
                f"deep-{number + 2}@example.com",
            ]
        }
        for number in range(12)
    },
    "many": {"targets": [f"m{number}@example.com" for number in range(1000)]},
}
DOMAINS = {
    "example.com": {"primary": True, "enabled": True, "receives": True},
    "second.org": {"primary": False, "enabled": True, "receives": True},
    "sends.org": {"primary": False, "enabled": True, "receives": False},
    "off.org": {"primary": False, "enabled": False, "receives": True},
    # Its MX is elsewhere.
    "bounces.test": {"primary": False, "enabled": True, "receives": False},
}


def payload(keeps_mail: bool = True, **accounts: tp.Any) -> dict[str, tp.Any]:
    everybody = {**ACCOUNTS, **accounts}
    more = {
        "accounts": documents.spread({k: v for k, v in everybody.items() if v}),
        "aliases": documents.spread(ALIASES),
        "domains": documents.spread(DOMAINS),
    }
    return payloads.payload(more=more, mailboxes=_SETTINGS if keeps_mail else None)


#: They play no part here.
_OTHERS = ("dovecot", "web")
_SETTINGS = {"quota_bytes": None, "quota_messages": None}


@pytest.fixture
def boxes() -> tp.Iterator[mailboxes.Mailboxes]:
    """What exim hands mail to."""
    found = mailboxes.Mailboxes()
    found.start()
    found.full.add("full@example.com")
    yield found
    found.stop()


@pytest.fixture(scope="module")
def receiving_node() -> tp.Iterator[fixtures.Machine]:
    """A machine without a Dovecot."""
    machine = fixtures.new_machine()
    machine.clean()
    services = [one for one in registry.discover() if one.name not in _OTHERS]
    machine.node = converge.MailNode(services, machine.layout, None, machine.units)
    yield machine
    machine.clean()


@pytest.fixture
def receiver(
    receiving_node: fixtures.Machine, boxes: mailboxes.Mailboxes
) -> tp.Iterator[fixtures.Machine]:
    """A machine that receives; its Dovecot is `boxes`."""
    receiving_node.apply(payload())
    # It goes on with the file.
    os.truncate(fixtures.MAINLOG, 0)
    yield receiving_node
    # What one test leaves waiting is not for the next one.
    receiving_node.supervisor.run("-qff")
    waiting.until(lambda: not _queued(receiving_node), "the queue is empty")


def _queued(machine: fixtures.Machine) -> list[pathlib.Path]:
    return list(pathlib.Path(machine.layout.spool_dir, "input").rglob("*-H"))


def rcpt(recipient: str, size: int = 0) -> str:
    """Return what a stranger is told of a recipient."""
    with contextlib.closing(probe.connect(25)) as smtp:
        smtp.ehlo("far.test")
        options = [f"SIZE={size}"] if size else []
        assert smtp.mail(STRANGER, options)[0] == 250
        code, text = smtp.docmd("RCPT", f"TO:<{recipient}>")
        return f"{code} {text.decode()}"


def send(
    *recipients: str, sender: str = STRANGER, text: str = "Subject: x\r\n\r\nx\r\n"
) -> str:
    """Send as a stranger; return what is said of the message."""
    with contextlib.closing(probe.connect(25)) as smtp:
        smtp.ehlo("far.test")
        assert smtp.mail(sender)[0] == 250
        for one in recipients:
            assert smtp.rcpt(one)[0] == 250, one
        code, said = smtp.data(text)
        return f"{code} {said.decode()}"
