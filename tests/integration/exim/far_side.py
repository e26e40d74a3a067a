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

"""The internet in one program: a name server and a mail host that keeps all.

    far_side.py INBOX

Answers DNS on 192.0.2.53 and SMTP on 192.0.2.25. Each message becomes a file
of INBOX: a line of JSON (sender, recipients, helo), then the octets of DATA.
Run in the network namespace behind the cable (enter.sh).
"""

import json
import pathlib
import socketserver
import sys
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

_ZONE = {
    ("elsewhere.test", "MX"): "10 mx.elsewhere.test.",
    ("mx.elsewhere.test", "A"): "192.0.2.25",
    # These domains' mail comes to the node itself.
    ("example.com", "MX"): "10 example.com.",
    ("example.com", "A"): "192.0.2.1",
}


class DNSHandler(socketserver.BaseRequestHandler):
    """Answers from _ZONE, NXDOMAIN for all else."""

    def handle(self) -> None:
        octets, socket = self.request
        query = dns.message.from_wire(octets)
        answer = dns.message.make_response(query, recursion_available=True)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        if (name, kind) in _ZONE:
            answer.answer.append(
                dns.rrset.from_text(question.name, 60, "IN", kind, _ZONE[name, kind])
            )
        elif name not in {known for known, _ in _ZONE}:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        socket.sendto(answer.to_wire(), self.client_address)


class SMTPHandler(socketserver.StreamRequestHandler):
    """Accepts everything (RFC 5321, the smallest set of commands)."""

    def handle(self) -> None:
        self._say("220 mx.elsewhere.test ESMTP")
        envelope: dict[str, object] = {}
        recipients: list[str] = []
        while line := self.rfile.readline():
            verb, _, rest = line.decode("latin-1").rstrip("\r\n").partition(" ")
            verb = verb.upper()
            if verb in ("EHLO", "HELO"):
                envelope["helo"] = rest
                self._say("250-mx.elsewhere.test\r\n250-SIZE\r\n250 8BITMIME")
            elif verb == "MAIL":
                envelope["sender"] = rest.partition("<")[2].partition(">")[0]
                recipients = []
                self._say("250 ok")
            elif verb == "RCPT":
                recipients.append(rest.partition("<")[2].partition(">")[0])
                self._say("250 ok")
            elif verb == "DATA":
                self._say("354 go on")
                _keep({**envelope, "recipients": recipients}, self._data())
                self._say("250 kept")
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def _data(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)


_LOCK = threading.Lock()


def _keep(envelope: dict[str, object], content: bytes) -> None:
    inbox = pathlib.Path(sys.argv[1])
    with _LOCK:
        number = len(list(inbox.iterdir()))
        temporary = inbox.with_name("incoming")
        temporary.write_bytes(json.dumps(envelope).encode() + b"\n" + content)
        temporary.rename(inbox / f"{number:06}")


class SMTPServer(socketserver.ThreadingTCPServer):
    """One thread for each connection."""

    allow_reuse_address = True
    daemon_threads = True


def main() -> None:
    names = socketserver.ThreadingUDPServer(("192.0.2.53", 53), DNSHandler)
    threading.Thread(target=names.serve_forever, daemon=True).start()
    with SMTPServer(("192.0.2.25", 25), SMTPHandler) as mail:
        print("ready", flush=True)
        mail.serve_forever()


if __name__ == "__main__":
    main()
