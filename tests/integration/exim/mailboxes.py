# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Mailboxes as exim sees them: a server of LMTP and of quota that does as it is told.

What Dovecot does is in tests/integration/dovecot; here are the replies that it gives
rarely or never.
"""

import collections
import os
import pathlib
import shutil
import socketserver
import threading
import typing as tp

from exordos_mail import constants as c

Message = tuple[str, list[str], bytes]


class Mailboxes:
    """Keeps what is delivered, and refuses as it is told.

    Attributes:
        full: mailboxes (logins) without room.
        replies: what LMTP says to RCPT of an address; else it takes it.
        later: what it says of an address after the data.
        asked: whose quota was asked for, with the size.
    """

    def __init__(self) -> None:
        self.full: set[str] = set()
        self.replies: dict[str, str] = {}
        self.later: dict[str, str] = {}
        self.asked: list[tuple[str, str]] = []
        self.messages: list[Message] = []
        self._servers: list[socketserver.BaseServer] = []

    def of(self, address: str) -> list[bytes]:
        """Return the messages that an address has."""
        return [text for _, to, text in self.messages if address in to]

    def counts(self) -> dict[str, int]:
        """Return how many messages each address has."""
        return dict(
            collections.Counter(one for _, to, _ in self.messages for one in to)
        )

    def start(self) -> None:
        """Listen where exim asks."""
        directory = pathlib.Path(c.LMTP_SOCKET).parent
        directory.mkdir(parents=True, exist_ok=True)
        for path, handler in ((c.LMTP_SOCKET, _Lmtp), (c.QUOTA_SOCKET, _Quota)):
            pathlib.Path(path).unlink(missing_ok=True)
            server = _Server(path, handler)
            server.mailboxes = self
            shutil.chown(path, group="Debian-exim")
            os.chmod(path, 0o660)
            threading.Thread(target=server.serve_forever, args=(0.05,)).start()
            self._servers.append(server)

    def stop(self) -> None:
        """Do not listen any more."""
        for server in self._servers:
            pathlib.Path(str(server.server_address)).unlink()
        self.die()

    def die(self) -> None:
        """Do not listen any more, and leave the sockets behind."""
        for server in self._servers:
            server.shutdown()
            server.server_close()
        self._servers.clear()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    mailboxes: Mailboxes


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def lines(self) -> tp.Iterator[str]:
        while line := self.rfile.readline():
            yield line.decode().rstrip("\r\n")


class _Quota(_Handler):
    def handle(self) -> None:
        asked: dict[str, str] = {}
        for line in self.lines():
            if not line:
                self._answer(asked)
            name, _, asked[name] = line.partition("=")

    def _answer(self, asked: dict[str, str]) -> None:
        box = self.server.mailboxes
        box.asked.append((asked["recipient"], asked["size"]))
        is_full = asked["recipient"] in box.full or int(asked["size"]) > 10_000_000
        self.wfile.write(
            b"action=552 5.2.2 full\n\n" if is_full else b"action=DUNNO\n\n"
        )


class _Lmtp(_Handler):
    def handle(self) -> None:
        box, sender, taken = self.server.mailboxes, "", []
        self.say("220 lmtp")
        for line in self.lines():
            verb = line[:4].upper()
            if verb == "MAIL":
                sender, taken = line[line.index("<") + 1 : line.index(">")], []
                self.say("250 ok")
            elif verb == "RCPT":
                address = line[line.index("<") + 1 : line.index(">")]
                reply = box.replies.get(address, "250 ok")
                taken += [address] if reply.startswith("2") else []
                self.say(reply)
            elif verb == "DATA":
                self.say("354 go on")
                self._take(sender, taken)
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def _take(self, sender: str, taken: list[str]) -> None:
        box, text = self.server.mailboxes, b""
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            text += line
        replies = [box.later.get(one, "250 kept") for one in taken]
        kept = [
            one
            for one, reply in zip(taken, replies, strict=True)
            if reply.startswith("2")
        ]
        box.messages.append((sender, kept, text))
        for reply in replies:
            self.say(reply)
