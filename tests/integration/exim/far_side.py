# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

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
import dns.name
import dns.rcode
import dns.rrset

_ZONE = {
    ("elsewhere.test", "MX"): "10 mx.elsewhere.test.",
    ("mx.elsewhere.test", "A"): "192.0.2.25",
    # These domains' mail comes to the node itself.
    ("example.com", "MX"): "10 example.com.",
    ("example.com", "A"): "192.0.2.1",
    # The node, where bounces come to.
    ("mx.example.com", "A"): "192.0.2.1",
    # Bounces to it can be delivered.
    ("bounces.test", "MX"): "10 mx.elsewhere.test.",
    # Undeliverable: RFC 7505; an address where a name has to be.
    ("nullmx.test", "MX"): "0 .",
    ("mxaddress.test", "MX"): "10 192.0.2.25.",
    # The owners of these domains would have the node connect to its neighbours.
    ("private.test", "MX"): "10 private.test.",
    ("private.test", "A"): "10.20.0.7",
    ("metadata.test", "A"): "169.254.169.254",
    ("shared.test", "A"): "100.64.0.1",
    ("global6.test", "AAAA"): "2001:db8::25",
    ("local6.test", "AAAA"): "fd00::25",
    ("link6.test", "AAAA"): "fe80::25",
    ("mapped6.test", "AAAA"): "::ffff:10.20.0.7",
    ("nat64.test", "AAAA"): "64:ff9b::a14:7",
    ("6to4.test", "AAAA"): "2002:a14:7::1",
    # smarthost.py
    ("smarthost.test", "A"): "192.0.2.26",
    ("other-smarthost.test", "A"): "192.0.2.26",
    ("smarthost6.test", "AAAA"): "2001:db8::26",
    ("this-host.test", "A"): "192.0.2.1",
    # One of two hosts is public.
    ("both.test", "MX"): "10 both.test.",
    ("both.test", "A"): "10.20.0.7 192.0.2.25",
}

# Who asks once more is told the second address, and so on with that one.
_REBINDING = {"rebinding.test": ("192.0.2.25", "10.20.0.7")}
_asked: set[str] = set()

# How recipients are answered by their local part; all others are taken.
_REPLIES = {
    "refused": "550 5.1.1 nobody",
    "full": "552 5.2.2 mailbox full",
    "later": "450 4.7.1 greylisted",
}


class DNSHandler(socketserver.BaseRequestHandler):
    """Answers from _ZONE, NXDOMAIN for all else."""

    def handle(self) -> None:
        octets, socket = self.request
        query = dns.message.from_wire(octets)
        answer = dns.message.make_response(query, recursion_available=True)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        if name.endswith("silent.test"):
            return
        kind = dns.rdatatype.to_text(question.rdtype)
        if kind == "A" and name in _REBINDING:
            data = _REBINDING[name][name in _asked]
            _asked.add(name)
            answer.answer.append(_records(question.name, kind, data))
        elif (name, kind) in _ZONE:
            answer.answer.append(_records(question.name, kind, _ZONE[name, kind]))
        elif name not in {*_REBINDING, *(known for known, _ in _ZONE)}:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        socket.sendto(answer.to_wire(), self.client_address)


def _records(name: dns.name.Name, kind: str, text: str) -> dns.rrset.RRset:
    data = text.split() if kind in ("A", "AAAA") else [text]
    return dns.rrset.from_text(name, 60, "IN", kind, *data)


class SMTPHandler(socketserver.StreamRequestHandler):
    """Accepts nearly everything (RFC 5321, the smallest set of commands)."""

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
                recipient = rest.partition("<")[2].partition(">")[0]
                reply = _REPLIES.get(recipient.partition("@")[0], "250 ok")
                if reply.startswith("250"):
                    recipients.append(recipient)
                self._say(reply)
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
