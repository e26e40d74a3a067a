# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The dialogues that a private Dovecot must hold as it should.

Each raises RehearsalFailed for a wrong answer, and one of `BROKEN` for a dialogue that
breaks off.
"""

import base64
import contextlib
import imaplib
import poplib
import re
import smtplib
import socket
import typing as tp

from exordos_mail import constants as c
from exordos_mail.dataplane.engine import deadline, service, trial
from exordos_mail.dataplane.services.dovecot import paths as paths_lib
from exordos_mail.dataplane.services.dovecot import probe, render

_TIMEOUT = 5.0  # seconds for each step
_WHOLE = 10.0  # seconds for a dialogue
_MESSAGE = (
    b"From: <>\r\nSubject: trial\r\n"
    b"%s: 1xXvfA-00004w-1C again 1000000000\r\n\r\ntrial\r\n"
) % c.DELIVERY_HEADER.encode("ascii")
_SCRIPT = b'require "fileinto"; fileinto "Junk";'
# Its guesses are punished at this address, and nobody else's.
_GUESSER = "127.0.0.2"
#: What a dialogue that breaks off raises.
BROKEN = (OSError, imaplib.IMAP4.error, poplib.error_proto, smtplib.SMTPException)


def check_lmtp(path: str, login: str) -> None:
    """LMTP refuses a mailbox that there is none of, and files a message in another."""
    with contextlib.closing(smtplib.LMTP(path, timeout=_TIMEOUT)) as lmtp:
        _expect(lmtp.ehlo("localhost"), 250, "LHLO")
        _expect(lmtp.mail(""), 250, "a null sender")
        _expect(lmtp.rcpt(f"nobody-{login}"), 550, "an unknown mailbox")
        lmtp.rset()
        # The second one is not kept.
        for _ in range(2):
            lmtp.mail("")
            _expect(lmtp.rcpt(login), 250, "the mailbox")
            _expect(lmtp.data(_MESSAGE), 250, "a message")


def check_imap(paths: paths_lib.DovecotPaths, login: str, password: str) -> None:
    """The right password opens a mailbox: one message, its folders, its quota."""
    for port, is_tls in ((paths.imap_port, False), (paths.imaps_port, True)):
        with _imap(port, is_tls) as imap:
            if not is_tls:
                imap.starttls(probe.tls_context())
            imap.login(login, password)
            _equal(imap.select("INBOX")[1], [b"1"], "messages in the inbox")
            told = b"\n".join(tp.cast(list[bytes], imap.list()[1]))
            lacks = [one for one in render.FOLDERS if f'"/" {one}' not in told.decode()]
            _equal(lacks, [], "folders that are missing")
            _equal(imap.getquotaroot("INBOX")[0], "OK", "the answer to GETQUOTAROOT")


def check_pop3(paths: paths_lib.DovecotPaths, login: str, password: str) -> None:
    """The same by POP3."""
    for port, is_tls in ((paths.pop3_port, False), (paths.pop3s_port, True)):
        with _pop3(port, is_tls) as pop3:
            if not is_tls:
                pop3.stls(probe.tls_context())
            pop3.user(login)
            pop3.pass_(password)
            _equal(pop3.stat()[0], 1, "messages by POP3")
            pop3.quit()


def check_sieve(paths: paths_lib.DovecotPaths, login: str, password: str) -> None:
    """ManageSieve takes a script, and refuses a login in clear (RFC 5804)."""
    said = base64.b64encode(f"\0{login}\0{password}".encode()).decode("ascii")
    log_in = f'AUTHENTICATE "PLAIN" "{said}"'.encode("ascii")
    address = (paths_lib.LOOPBACK, paths.sieve_port)
    with socket.create_connection(address, _TIMEOUT) as plain:
        _sieve(plain, b"")
        _sieve(plain, b"STARTTLS")
        with probe.tls_context().wrap_socket(plain) as connection:
            _sieve(connection, b"")
            _sieve(connection, log_in)
            check = b"CHECKSCRIPT {%d+}\r\n%s" % (len(_SCRIPT), _SCRIPT)
            _sieve(connection, check)


def check_refusals(paths: paths_lib.DovecotPaths, login: str, password: str) -> None:
    """Neither the right password in clear nor a wrong one logs in."""
    with _imap(paths.imap_port, False) as imap:
        _refused(lambda: imap.login(login, password), "a login in clear")
    with _imap(paths.imaps_port, True, _GUESSER) as imap:
        _refused(lambda: imap.login(login, password + "x"), "a wrong password")


@contextlib.contextmanager
def _imap(port: int, tls: bool, source: str = "") -> tp.Iterator[imaplib.IMAP4]:
    if tls:
        imap: imaplib.IMAP4 = _ImapTls(port, source)
    else:
        imap = imaplib.IMAP4(paths_lib.LOOPBACK, port, _TIMEOUT)
    with deadline.Deadline(_WHOLE, lambda: imap.sock):
        try:
            yield imap
        finally:
            with contextlib.suppress(*BROKEN):
                imap.logout()


class _ImapTls(imaplib.IMAP4):
    """IMAP in TLS from an address of this machine, "" for any."""

    def __init__(self, port: int, source: str) -> None:
        self._source = (source, 0)
        super().__init__(paths_lib.LOOPBACK, port, _TIMEOUT)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        address = (self.host, self.port)
        plain = socket.create_connection(address, timeout, self._source)
        return probe.tls_context().wrap_socket(plain)


@contextlib.contextmanager
def _pop3(port: int, tls: bool) -> tp.Iterator[poplib.POP3]:
    if tls:
        context = probe.tls_context()
        pop3: poplib.POP3 = poplib.POP3_SSL(
            paths_lib.LOOPBACK, port, timeout=_TIMEOUT, context=context
        )
    else:
        pop3 = poplib.POP3(paths_lib.LOOPBACK, port, _TIMEOUT)
    with contextlib.closing(pop3), deadline.Deadline(_WHOLE, lambda: pop3.sock):
        yield pop3


def _sieve(connection: socket.socket, command: bytes) -> None:
    """Send a command, and wait for `OK`."""
    if command:
        connection.sendall(command + b"\r\n")
    answer = b""
    with deadline.Deadline(_TIMEOUT, lambda: connection):
        while not (found := re.search(rb"(?m)^(OK|NO|BYE)\b.*\r\n", answer)):
            part = connection.recv(4096)
            if not part:
                raise OSError("ManageSieve hangs up")
            answer += part
    word = command.split()[0].decode("ascii") if command else "a connection"
    _equal(found[1], b"OK", f"ManageSieve's answer to {word}")


def _refused(log_in: tp.Callable[[], object], what: str) -> None:
    try:
        log_in()
    except imaplib.IMAP4.error:
        return
    raise service.RehearsalFailed(f"Dovecot accepts {what}")


def _expect(answer: tuple[int, bytes], code: int, what: str) -> None:
    if answer[0] != code:
        text = trial.one_line(answer[1].decode("ascii", "replace"))
        raise service.RehearsalFailed(
            f"LMTP answered {answer[0]} to {what}, not {code}: {text}"
        )


def _equal(found: object, wanted: object, what: str) -> None:
    if found != wanted:
        raise service.RehearsalFailed(f"Dovecot: {what}: {found!r}, not {wanted!r}")
