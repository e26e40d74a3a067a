# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A name server of one zone that misbehaves on questions for one name."""

import socket
import struct
import threading
import time
import typing as tp

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

ADDRESS, ZONE, NAME = "203.0.113.99", "odd.test.", "x1._domainkey.odd.test."


class OddServer:
    """The server; it lives as long as its process.

    Args:
        value: text of the TXT record at NAME.
        address: to listen on, port 53, in the network of the thread that makes it.
    """

    def __init__(self, value: str, address: str = ADDRESS) -> None:
        self.behaviour = ""
        self._value = value
        self._closed = threading.Event()
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind((address, 53))
        self._tcp = socket.create_server((address, 53))
        for target in (self._datagrams, self._connections):
            threading.Thread(target=target, daemon=True).start()

    def close(self) -> None:
        """End it."""
        self._closed.set()
        self._udp.close()
        self._tcp.close()

    def _datagrams(self) -> None:
        while not self._closed.is_set():
            try:
                octets, peer = self._udp.recvfrom(4096)
                for one in self._answers(octets, False):
                    self._udp.sendto(one, peer)
            except (OSError, dns.exception.DNSException):
                continue

    def _connections(self) -> None:
        while not self._closed.is_set():
            try:
                connection, _ = self._tcp.accept()
            except OSError:
                continue
            threading.Thread(
                target=self._connection, args=(connection,), daemon=True
            ).start()

    def _connection(self, connection: socket.socket) -> None:
        with connection:
            try:
                (size,) = struct.unpack("!H", connection.recv(2))
                answers = self._answers(connection.recv(size), True)
                for one in answers:
                    self._send(connection, struct.pack("!H", len(one)) + one)
            except (OSError, struct.error):
                pass

    def _send(self, connection: socket.socket, octets: bytes) -> None:
        if self.behaviour != "drip":
            connection.sendall(octets)
            return
        for one in octets:
            connection.sendall(bytes([one]))
            time.sleep(1)

    def _answers(self, octets: bytes, by_tcp: bool) -> list[bytes]:
        query = dns.message.from_wire(octets)
        question = query.question[0]
        is_odd = question.name == dns.name.from_text(NAME)
        if question.rdtype != dns.rdatatype.TXT or not is_odd:
            return [self._plain(query).to_wire()]
        make = _ODD.get(self.behaviour, OddServer._good)
        return make(self, query, by_tcp)

    def _plain(self, query: dns.message.Message) -> dns.message.Message:
        """Answer as a good server of the zone."""
        answer = _response(query)
        name, kind = query.question[0].name, query.question[0].rdtype
        known = {
            (ZONE, "SOA"): f"ns.{ZONE} h.{ZONE} 1 60 60 60 1",
            (ZONE, "NS"): f"ns.{ZONE}",
            (f"ns.{ZONE}", "A"): ADDRESS,
        }
        found = known.get((name.to_text().lower(), dns.rdatatype.to_text(kind)))
        if found:
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, found))
        else:
            soa = known[ZONE, "SOA"]
            answer.authority.append(dns.rrset.from_text(ZONE, 60, "IN", "SOA", soa))
        return answer

    def _good(self, query: dns.message.Message, by_tcp: bool) -> list[bytes]:
        return [_with_text(query, self._value).to_wire()]

    def _silent(self, query: dns.message.Message, by_tcp: bool) -> list[bytes]:
        return []

    def _lame(self, query: dns.message.Message, by_tcp: bool) -> list[bytes]:
        answer = _with_text(query, self._value)
        answer.flags &= ~dns.flags.AA
        return [answer.to_wire()]

    def _truncated(self, query: dns.message.Message, by_tcp: bool) -> list[bytes]:
        if by_tcp:
            return self._good(query, by_tcp)
        answer = _response(query)
        answer.flags |= dns.flags.TC
        return [answer.to_wire()]

    def _no_edns(self, query: dns.message.Message, by_tcp: bool) -> list[bytes]:
        if query.edns < 0:
            return self._good(query, by_tcp)
        answer = _response(query)
        answer.use_edns(False)
        answer.set_rcode(dns.rcode.FORMERR)
        return [answer.to_wire()]

    def _lower(self, query: dns.message.Message, by_tcp: bool) -> list[bytes]:
        answer = _with_text(query, self._value)
        if not by_tcp:
            answer.question[0].name = dns.name.from_text(NAME)
        return [answer.to_wire()]

    def _wrong_id(self, query: dns.message.Message, by_tcp: bool) -> list[bytes]:
        good = _with_text(query, self._value).to_wire()
        if by_tcp:
            return [good]
        forged = _with_text(query, "v=DKIM1; p=Rm9yZ2Vk").to_wire()
        return [bytes([forged[0] ^ 1]) + forged[1:]] * 3 + [good]

    def _out_of_step(self, query: dns.message.Message, by_tcp: bool) -> list[bytes]:
        other = dns.message.make_query("other.odd.test.", "TXT", id=query.id)
        forged = _with_text(other, "v=DKIM1; p=Rm9yZ2Vk").to_wire()
        return [forged, _with_text(query, self._value).to_wire()]

    def _huge(self, query: dns.message.Message, by_tcp: bool) -> list[bytes]:
        if not by_tcp:
            return self._truncated(query, by_tcp)
        texts = [f'"v=DKIM1; p={i:06d}"' for i in range(2000)]
        return [_with(query, *texts).to_wire(max_size=65535)]

    def _ring(self, query: dns.message.Message, by_tcp: bool) -> list[bytes]:
        head = (
            query.id.to_bytes(2, "big") + bytes.fromhex("840000010001000000000000")[:10]
        )
        wire = query.to_wire()
        end = wire.index(b"\x00\x00\x10\x00\x01", 12) + 5
        at = 0xC000 | end
        ring = struct.pack("!HH", at + 2, at)
        return [head + wire[12:end] + ring + struct.pack("!HHIH", 16, 1, 60, 0)]

    def _aliases(self, query: dns.message.Message, by_tcp: bool) -> list[bytes]:
        answer = _response(query)
        name = query.question[0].name.to_text()
        for number in range(20):
            target = f"a{number}.{ZONE}"
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", target))
            name = target
        return [answer.to_wire()]

    def _long(self, query: dns.message.Message, by_tcp: bool) -> list[bytes]:
        return self._text_of(60_000, query, by_tcp)

    def _rather_long(self, query: dns.message.Message, by_tcp: bool) -> list[bytes]:
        return self._text_of(12_000, query, by_tcp)

    def _text_of(
        self, size: int, query: dns.message.Message, by_tcp: bool
    ) -> list[bytes]:
        if not by_tcp:
            return self._truncated(query, by_tcp)
        return [_with_text(query, "x" * size).to_wire(max_size=65535)]


def _code(code: dns.rcode.Rcode) -> tp.Callable[..., list[bytes]]:
    def make(_: OddServer, query: dns.message.Message, by_tcp: bool) -> list[bytes]:
        answer = _response(query)
        answer.set_rcode(code)
        return [answer.to_wire()]

    return make


def _text(*values: str, ttl: int = 60) -> tp.Callable[..., list[bytes]]:
    def make(_: OddServer, query: dns.message.Message, by_tcp: bool) -> list[bytes]:
        return [_with(query, *values, ttl=ttl).to_wire()]

    return make


def _long_lived(
    server: OddServer, query: dns.message.Message, by_tcp: bool
) -> list[bytes]:
    return [_with_text(query, server._value, ttl=2**31 - 1).to_wire()]


def _rubbish(_: OddServer, query: dns.message.Message, by_tcp: bool) -> list[bytes]:
    return [query.id.to_bytes(2, "big") + b"\xff" * 100]


_ODD: dict[str, tp.Callable[..., list[bytes]]] = {
    "silent": OddServer._silent,
    "servfail": _code(dns.rcode.SERVFAIL),
    "refused": _code(dns.rcode.REFUSED),
    "lame": OddServer._lame,
    "rubbish": _rubbish,
    "truncated": OddServer._truncated,
    "ttl": _long_lived,
    "no edns": OddServer._no_edns,
    "lower": OddServer._lower,
    "wrong id": OddServer._wrong_id,
    "out of step": OddServer._out_of_step,
    "drip": OddServer._truncated,
    "huge": OddServer._huge,
    "ring": OddServer._ring,
    "aliases": OddServer._aliases,
    "control": _text('"\\226\\128\\174evil\\000\\027[31m\\010"'),
    "long": OddServer._long,
    "rather long": OddServer._rather_long,
}


def _response(query: dns.message.Message) -> dns.message.Message:
    answer = dns.message.make_response(query)
    answer.flags |= dns.flags.AA
    return answer


def _with(
    query: dns.message.Message, *values: str, ttl: int = 60
) -> dns.message.Message:
    answer = _response(query)
    name = query.question[0].name
    answer.answer.append(dns.rrset.from_text(name, ttl, "IN", "TXT", *values))
    return answer


def _with_text(
    query: dns.message.Message, text: str, ttl: int = 60
) -> dns.message.Message:
    strings = " ".join(f'"{text[i : i + 255]}"' for i in range(0, len(text), 255))
    return _with(query, strings, ttl=ttl)
