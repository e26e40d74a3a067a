# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An IMAP server that no provider runs: what it does is its user's name.

    hostile_imap.py ADDRESS PORT CERTIFICATE KEY

Everybody is let in. It is for tests/integration/dovecot/test_imports.py alone; what a
source that means well does, Cyrus shows.
"""

import base64
import itertools
import socketserver
import ssl
import sys
import threading
import typing as tp

_FOLDERS = [b'"." "INBOX"']
_STRANGE = [
    *(b'"." "INBOX"', b'"." ".."', b'"." "../../../../etc/cron.d"', b'"." "a/../../b"'),
    *(b'"." "&Jjo"', b'"." "&!!-"', b'"." "\xff\xfe"', b'"." "cur"', b'"." "~root"'),
    *(b'"." "' + b"x" * 2000 + b'"', b'"." {4}\r\nn\x00ul', b'"." "*"', b'"." ""'),
    b'"." "' + b".".join([b"d"] * 300) + b'"',
]
_MESSAGE = b"Subject: s\r\n\r\nhello\r\n"
_BLOCK = b"x" * 65536


class Session(socketserver.StreamRequestHandler):
    """One connection."""

    def handle(self) -> None:
        """Let somebody in, and be as hostile as the name says."""
        self.how = ""
        self.say(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] welcome")
        for line in self.rfile:
            tag, word, *rest = line.strip().split(b" ")
            command = b" ".join([word, *rest]).upper()
            if command.startswith(b"AUTHENTICATE"):
                self.say(b"+ ")
                said = base64.b64decode(self.rfile.readline())
                self.how = said.split(b"\0")[1].decode()
            elif not self.answer(command):
                return
            self.say(tag + b" OK done")

    def say(self, line: bytes) -> None:
        """Send a line."""
        self.wfile.write(line + b"\r\n")

    def answer(self, command: bytes) -> bool:
        """Answer a command; return whether the connection goes on."""
        if command.startswith((b"CAPABILITY",)):
            self.say(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN")
        elif command == b'LIST "" ""':
            self.say(b'* LIST (\\Noselect) "." ""')
        elif command.startswith((b"LIST", b"LSUB")):
            for one in self.folders():
                self.say(b"* " + command[:4] + b" () " + one)
        elif command.startswith(b"STATUS"):
            self.say(b'* STATUS "x" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 7)')
        elif command.startswith((b"EXAMINE", b"SELECT")):
            self.say(b"* FLAGS ()")
            self.say(b"* 1 EXISTS")
            self.say(b"* OK [UIDVALIDITY 7] ok")
            self.say(b"* OK [UIDNEXT 2] ok")
        elif b"FETCH" in command:
            return self.fetch(command)
        elif command == b"LOGOUT":
            return False
        return True

    def folders(self) -> tp.Iterable[bytes]:
        """Return what it says that it has."""
        if self.how == "many":
            return (b'"." "f%d"' % number for number in range(100_000))
        return _STRANGE if self.how == "strange" else _FOLDERS

    def fetch(self, command: bytes) -> bool:
        """Send the message."""
        if b"BODY" not in command:
            self.say(b"* 1 FETCH (UID 1 FLAGS ())")
            return True
        if self.how == "silent":
            threading.Event().wait()
        size = 2**40 if self.how == "endless" else len(_MESSAGE)
        date = b'INTERNALDATE "01-Jan-2020 00:00:00 +0000"'
        self.say(b"* 1 FETCH (UID 1 %b BODY[] {%d}" % (date, size))
        if self.how == "endless":
            for _ in itertools.count():
                self.wfile.write(_BLOCK)
        self.say(_MESSAGE + b")")
        return True


class Server(socketserver.ThreadingTCPServer):
    """The server, in TLS."""

    allow_reuse_address = daemon_threads = True

    def handle_error(self, request: tp.Any, client_address: tp.Any) -> None:
        """Say nothing of clients that have left."""


def main() -> None:
    """Serve."""
    address, port, certificate, key = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with Server((address, int(port)), Session) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        print("ready", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
