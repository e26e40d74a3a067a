# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Servers of IMAP and POP3 that no provider runs: what they do is their user's name.

What a server that means well does, Dovecot shows (dovecot_server.py).
"""

import base64
import contextlib
import itertools
import socketserver
import threading
import typing as tp

from tests.integration.send import certificates

#: Mails that each mailbox has, by UID; a test may put others there.
LETTER = b"From: ann@example.net\r\nSubject: s\r\n\r\nhello\r\n"
_BLOCK = b"x" * 65536
_CAPABILITIES = b"IMAP4rev1 AUTH=PLAIN UIDPLUS MOVE IDLE"


def _expanded(uids: str) -> set[int]:
    found = set()
    for run in uids.split(","):
        first, _, last = run.partition(":")
        found |= set(range(int(first), int(last or first) + 1))
    return found


class ImapTalk(socketserver.StreamRequestHandler):
    """One connection."""

    server: "HostileServer"

    def handle(self) -> None:
        """Let somebody in, and be as hostile as the name says."""
        self.how, self.tag = "", b""
        with contextlib.suppress(OSError, EOFError, ValueError):
            self.say(b"* OK welcome")
            for line in self.rfile:
                self.tag, _, command = line.strip().partition(b" ")
                self.server.said.append(command)
                self.answer(command)

    def say(self, *lines: bytes) -> None:
        """Send lines."""
        self.wfile.write(b"".join(line + b"\r\n" for line in lines))

    def done(self, *lines: bytes) -> None:
        """Send lines and say that a command is done."""
        self.say(*lines, self.tag + b" OK done")

    def answer(self, command: bytes) -> None:
        """Answer a command."""
        if command.startswith(b"CAPABILITY"):
            self.done(b"* CAPABILITY " + _CAPABILITIES)
        elif command.startswith(b"AUTHENTICATE"):
            self.say(b"+ ")
            said = base64.b64decode(self.rfile.readline()).split(b"\0")
            self.how = said[1].decode()
            self.log_in(said[2])
        elif command.startswith((b"SELECT", b"EXAMINE")):
            self.open()
        elif b"RFC822.SIZE" in command:
            self.tell(int(command.split(b" ")[2].partition(b":")[0]))
        elif b"BODY.PEEK" in command:
            self.fetch(_expanded(command.split()[2].decode()))
        else:
            self.done()

    def log_in(self, password: bytes) -> None:
        """Let the user in, or not."""
        if self.how == "echo":
            self.say(self.tag + b" NO " + password + b" is wrong")
        elif self.how == "busy":
            self.say(self.tag + b" NO [UNAVAILABLE] later")
        elif self.how == "bye":
            self.say(b"* BYE maintenance")
        elif self.how == "silent":
            self.server.ended.wait()
        elif self.how == "endless":
            for _ in itertools.count():
                self.wfile.write(_BLOCK)
        elif self.how == "flood":
            for _ in itertools.count():
                self.say(*([b"* OK [ALERT] look at this"] * 1000))
        elif self.how == "literals":
            self.wfile.write(b"* LIST {65536}\r\n" + _BLOCK)
            for _ in itertools.count():
                self.wfile.write(b" {65536}\r\n" + _BLOCK)
        elif self.how == "huge":
            self.wfile.write(b"* LIST {1099511627776}\r\n" + _BLOCK)
        elif self.how == "garbage":
            self.wfile.write(bytes(range(256)) * 20 + b"\r\n")
        else:
            self.done()

    def open(self) -> None:
        """Tell of the folder."""
        number = 2**31 if self.how == "many" else len(self.server.mails)
        validity = b"* OK [UIDVALIDITY 7] ok"
        lines = () if self.how == "numberless" else (validity,)
        self.done(b"* %d EXISTS" % number, *lines)

    def tell(self, first: int) -> None:
        """List mails, or many more."""
        if self.how == "many":
            for at in itertools.count(1):
                lines = range(at * 1000, at * 1000 + 1000)
                self.say(*(b"* 1 FETCH (UID %d RFC822.SIZE 50)" % one for one in lines))
        for uid, mail in self.server.mails.items():
            if uid >= first or uid == max(self.server.mails):
                size = 2 if self.how == "longer" else len(mail)
                self.say(b"* 1 FETCH (UID %d RFC822.SIZE %d)" % (uid, size))
        self.done()

    def fetch(self, uids: set[int]) -> None:
        """Send mails."""
        for uid in sorted(uids & self.server.mails.keys()):
            self.send(uid, self.server.mails[uid])
        self.done()

    def send(self, uid: int, mail: bytes) -> None:
        """Send a mail, but for the second one."""
        if uid == 2 and self.how == "cut":
            self.wfile.write(b"* 1 FETCH (UID 2 BODY[] {500}\r\nhal")
            self.connection.close()
        if uid == 2 and self.how == "withheld":
            self.say(self.tag + b" NO [SERVERBUG] cannot read it")
            raise EOFError
        if self.how == "longer":
            mail = _BLOCK * 100
        if self.how == "drip":
            self.wfile.write(b"* 1 FETCH (UID %d BODY[] {%d}\r\n" % (uid, len(mail)))
            for octet in mail:
                self.server.ended.wait(0.4)
                self.wfile.write(bytes([octet]))
        head = b"* 1 FETCH (FLAGS () UID %d BODY[] {%d}\r\n" % (uid, len(mail))
        self.wfile.write(head + mail + b")\r\n")


class Pop3Talk(socketserver.StreamRequestHandler):
    """One connection of POP3."""

    server: "HostileServer"

    def handle(self) -> None:
        """Let somebody in, and be as hostile as the name says."""
        self.how = ""
        with contextlib.suppress(OSError, EOFError):
            self.wfile.write(b"+OK welcome\r\n")
            for line in self.rfile:
                word, _, value = line.strip().partition(b" ")
                self.server.said.append(word)
                self.how = self.how or (value.decode() if word == b"USER" else "")
                self.answer(word, value)

    def answer(self, word: bytes, value: bytes) -> None:
        """Answer a command."""
        mails = self.server.mails
        if word == b"PASS" and self.how == "echo":
            self.wfile.write(b"-ERR " + value + b" is wrong\r\n")
        elif word == b"PASS" and self.how == "busy":
            self.wfile.write(b"-ERR [IN-USE] later\r\n")
        elif word == b"STAT":
            number = 2**31 if self.how == "many" else len(mails)
            self.wfile.write(b"+OK %d 1000\r\n" % number)
        elif word == b"UIDL" and self.how == "numberless":
            self.wfile.write(b"-ERR what?\r\n")
        elif word in (b"UIDL", b"LIST"):
            self.wfile.write(b"+OK\r\n")
            while self.how == "flood":
                self.wfile.write(b"1 x\r\n" * 1000)
            for uid, mail in mails.items():
                told = b"u%d" % uid if word == b"UIDL" else b"%d" % len(mail)
                self.wfile.write(b"%d %b\r\n" % (uid, told))
            self.wfile.write(b".\r\n")
        elif word == b"RETR":
            self.retrieve(int(value))
        else:
            self.wfile.write(b"+OK\r\n")

    def retrieve(self, number: int) -> None:
        """Send a mail, but for the second one."""
        if number == 2 and self.how == "cut":
            self.wfile.write(b"+OK\r\nhal")
            self.connection.close()
            raise EOFError
        self.wfile.write(b"+OK\r\n")
        if self.how == "silent":
            self.server.ended.wait()
        while self.how == "endless":
            self.wfile.write(_BLOCK)
        self.wfile.write(self.server.mails[number] + b".\r\n")


class HostileServer(socketserver.ThreadingTCPServer):
    """The server, in TLS, on a port of 127.0.0.1."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, talk: tp.Any, pair: certificates.Pair) -> None:
        super().__init__(("127.0.0.1", 0), talk)
        self.mails: dict[int, bytes] = {1: LETTER, 2: LETTER, 3: LETTER}
        #: Commands that came.
        self.said: list[bytes] = []
        self.ended = threading.Event()
        self._context = pair.server()

    @property
    def port(self) -> int:
        """Return where it listens."""
        return int(self.server_address[1])

    def finish_request(self, request: tp.Any, client_address: tp.Any) -> None:
        """Begin with TLS, in the connection's own thread."""
        with (
            contextlib.suppress(OSError),
            self._context.wrap_socket(request, server_side=True) as secure,
        ):
            super().finish_request(secure, client_address)

    def handle_error(self, request: tp.Any, client_address: tp.Any) -> None:
        """Say nothing of clients that have left."""


@contextlib.contextmanager
def running(talk: tp.Any, pair: certificates.Pair) -> tp.Iterator[HostileServer]:
    """Run a server."""
    with HostileServer(talk, pair) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.ended.set()
            server.shutdown()
            thread.join()
