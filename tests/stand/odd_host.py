# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A mail host that answers as the recipient's name says, for demos.

refused@     550 5.1.1 after RCPT
full@        552 5.2.2 after RCPT
listed@      554 5.7.1 with the name of a blocklist, after RCPT
spam@        554 5.7.1 after the message
later@       451 4.7.1 after RCPT
others       taken
"""

import socketserver
import threading

_AT_RCPT = {
    "refused": "550 5.1.1 There is nobody of that name",
    "full": "552 5.2.2 The mailbox is full",
    "listed": "554 5.7.1 Blocked using zen.spamhaus.org",
    "later": "451 4.7.1 Greylisted, try again later",
}
_AT_END = {"spam": "554 5.7.1 This message looks like spam"}
TAKEN = "250 2.0.0 Taken as 4711"


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(b"220 odd ESMTP\r\n")
        recipients: list[str] = []
        while line := self.rfile.readline().decode("latin-1").strip():
            verb = line[:4].upper()
            reply = "250 2.0.0 OK"
            if verb == "MAIL":
                recipients = []
            elif verb == "RCPT":
                name = line.partition("<")[2].partition("@")[0]
                reply = _AT_RCPT.get(name, reply)
                recipients.append(name)
            elif verb == "DATA":
                self.wfile.write(b"354 Go on\r\n")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                refusals = [_AT_END[one] for one in recipients if one in _AT_END]
                reply = refusals[0] if refusals else TAKEN
            elif verb == "QUIT":
                self.wfile.write(b"221 2.0.0 Bye\r\n")
                return
            self.wfile.write(f"{reply}\r\n".encode())


class OddHost(socketserver.ThreadingTCPServer):
    """Listens from its making on, until it is shut down."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, address: str, port: int = 25) -> None:
        super().__init__((address, port), _Session)
        threading.Thread(target=self.serve_forever, daemon=True).start()
