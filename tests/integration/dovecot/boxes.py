# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A machine with mailboxes, and those who read them and deliver into them."""

import base64
import contextlib
import dataclasses
import imaplib
import os
import pathlib
import poplib
import signal
import smtplib
import socket
import typing as tp
import uuid as sys_uuid

import pytest

from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.dovecot import paths as paths_lib
from exordos_mail.dataplane.services.dovecot import probe, sessions
from exordos_mail.protocol import documents
from tests.integration.exim import fixtures, payloads

ALICE, BOB = payloads.ALICE, "bob@example.com"
PASSWORD = payloads.PASSWORD
PATHS = paths_lib.DovecotPaths()
NO_LIMITS = {"quota_bytes": None, "quota_messages": None}
MESSAGE = b"From: ann@elsewhere.test\r\nSubject: s\r\n\r\nhello\r\n"


def store(name: str) -> str:
    """Return the uuid of the account of a name."""
    return str(sys_uuid.uuid5(sys_uuid.NAMESPACE_DNS, name))


def account(
    name: str = "alice", password: str = PASSWORD, **more: tp.Any
) -> dict[str, tp.Any]:
    """Return the document of an account with a mailbox; `password`: "" for none."""
    hashed = {"password_hash": payloads.hashed(password)} if password else {}
    found = {"mailbox": store(name), **hashed, **more}
    return {field: found[field] for field in found if found[field] is not None}


def payload(
    accounts: tp.Mapping[str, tp.Mapping[str, tp.Any]] | None = None,
    mailboxes: tp.Mapping[str, tp.Any] | None = NO_LIMITS,
    more: tp.Mapping[str, tp.Mapping[str, str]] | None = None,
    **changes: tp.Any,
) -> dict[str, tp.Any]:
    """Return a target value with these documents of accounts, that of alice if none."""
    told = {"alice": account()} if accounts is None else accounts
    texts = {**(more or {}), "accounts": documents.spread(told)}
    return payloads.payload(more=texts, mailboxes=mailboxes, **changes)


@dataclasses.dataclass
class Boxes:
    """The machine and its users."""

    machine: fixtures.Machine

    def apply(self, *arguments: tp.Any, **changes: tp.Any) -> tp.Any:
        """Bring the machine to a payload and demand success."""
        return self.machine.apply(payload(*arguments, **changes))

    def home(self, name: str = "alice") -> pathlib.Path:
        """Return where the account's mail is."""
        return pathlib.Path(PATHS.store_dir, store(name))

    def queued(self) -> list[pathlib.Path]:
        """Return the messages that exim has still."""
        spool = pathlib.Path(self.machine.layout.spool_dir, "input")
        return list(spool.rglob("*-H"))

    @property
    def log(self) -> str:
        """What Dovecot has said."""
        return self.machine.dovecot.log()


@contextlib.contextmanager
def imap(
    login: str = "",
    password: str = PASSWORD,
    port: int = 993,
    address: str = "127.0.0.1",
    name: str | None = None,
) -> tp.Iterator[imaplib.IMAP4]:
    """Open IMAP, in TLS, logged in if a login is given."""
    found: imaplib.IMAP4 = _Imap(port, address, name)
    if port == 143:
        found.starttls(probe.tls_context())
    try:
        if login:
            found.login(login, password)
        yield found
    finally:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            found.logout()


class _Imap(imaplib.IMAP4):
    def __init__(self, port: int, address: str, name: str | None) -> None:
        self._address, self._name = address, name
        super().__init__("127.0.0.1", port, 10)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        plain = socket.create_connection(
            (self.host, self.port), timeout, (self._address, 0)
        )
        if self.port == 143:
            return plain
        return probe.tls_context().wrap_socket(plain, server_hostname=self._name)


def logs_in(login: str, password: str = PASSWORD, address: str = "127.0.0.1") -> bool:
    """Return whether IMAP takes a password; for a refusal use another address."""
    try:
        with imap(login, password, address=address):
            return True
    except imaplib.IMAP4.error:
        return False


@contextlib.contextmanager
def pop3(login: str = ALICE, password: str = PASSWORD) -> tp.Iterator[poplib.POP3]:
    """Open POP3 in TLS, logged in."""
    found = poplib.POP3_SSL("127.0.0.1", 995, timeout=10, context=probe.tls_context())
    try:
        found.user(login)
        found.pass_(password)
        yield found
    finally:
        with contextlib.suppress(OSError, poplib.error_proto):
            found.quit()


class Sieve:
    """A ManageSieve client (RFC 5804), after STARTTLS."""

    def __init__(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", 4190), 10)
        self.answer()
        assert self.command(b"STARTTLS")[0] == "OK"
        self._socket = probe.tls_context().wrap_socket(self._socket)
        self.answer()

    def log_in(self, login: str = ALICE, password: str = PASSWORD) -> str:
        """Return the word of the answer."""
        said = base64.b64encode(f"\0{login}\0{password}".encode())
        return self.command(b'AUTHENTICATE "PLAIN" "' + said + b'"')[0]

    def put(self, name: str, script: bytes) -> tuple[str, str]:
        """Store a script; return the word and the text of the answer."""
        head = f'PUTSCRIPT "{name}" {{{len(script)}+}}\r\n'.encode()
        return self.command(head + script)

    def command(self, command: bytes) -> tuple[str, str]:
        """Return the word and the text of the answer."""
        self._socket.sendall(command + b"\r\n")
        return self.answer()

    def answer(self) -> tuple[str, str]:
        """Return the word of the next answer and all of its text."""
        text = b""
        while True:
            part = self._socket.recv(4096)
            if not part:
                return "", text.decode()
            text += part
            for line in text.split(b"\r\n"):
                word = line.split(b" ")[0]
                if word in (b"OK", b"NO", b"BYE") and text.endswith(b"\r\n"):
                    return word.decode(), text.decode()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def owner() -> tuple[int, int]:
    """Return the uid and gid of the owner of the mail."""
    layout = layout_lib.Layout()
    return layout.uid(paths_lib.USER), layout.gid(paths_lib.USER)


def deliver(
    *logins: str, message: bytes = MESSAGE, sender: str = "ann@elsewhere.test"
) -> list[tuple[int, str]]:
    """Deliver a message by LMTP; return the answer for each login.

    An answer to RCPT, if that was a refusal; else the one to the message.
    """
    # Without a name smtplib asks the DNS for one.
    lmtp = smtplib.LMTP(PATHS.lmtp_socket, local_hostname="client.test", timeout=60)
    with contextlib.closing(lmtp):
        lmtp.ehlo("client.test")
        lmtp.mail(sender)
        answers = [lmtp.rcpt(one) for one in logins]
        if any(code == 250 for code, _ in answers):
            first = lmtp.data(message)
            ends = iter([first])
            answers = [
                one if one[0] != 250 else next(ends, None) or lmtp.getreply()
                for one in answers
            ]
    return [(code, text.decode()) for code, text in answers]


def quota(login: str = ALICE, size: int = 1000) -> str:
    """Return what exim is told of a message for a login."""
    return probe.quota(pathlib.Path(PATHS.quota_socket), login, size)


def processes(program: str) -> list[int]:
    """Return the pids of one of Dovecot's programs, those that have ended left out."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and (entry / "exe").readlink().name == program:
                found.append(int(entry.name))
    return found


def servers(login: str) -> list[int]:
    """Return the processes of the sessions of a login."""
    found = sessions.find(PATHS, layout_lib.Layout())
    return [one.pid for one in found if one.login == login]


def freeze(pid: int) -> None:
    """Have a process stand still."""
    os.kill(pid, signal.SIGSTOP)


def is_up() -> bool:
    """Return whether all ports answer."""
    try:
        return bool(probe.revision(PATHS))
    except probe.DovecotSilent:
        return False


@pytest.fixture
def boxes() -> Boxes:
    """A machine on which alice has a mailbox; quick where she has it already."""
    machine = fixtures.new_machine()
    found = Boxes(machine)
    if _KEPT:
        found = _KEPT[0]
    else:
        machine.clean()
        _KEPT.append(found)
    found.machine.fresh_node()
    found.apply()
    return found


@pytest.fixture
def fresh() -> tp.Iterator[Boxes]:
    """A machine on which nothing has been applied yet."""
    machine = _KEPT.pop().machine if _KEPT else fixtures.new_machine()
    machine.clean()
    yield Boxes(machine)
    machine.clean()


def stop() -> None:
    """Stop the machine: its daemons are waited for at the end of the process."""
    if _KEPT:
        _KEPT.pop().machine.stop()


_KEPT: list[Boxes] = []
