# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""One question to one server, by UDP and then by TCP (RFC 1035, RFC 6891, RFC 7766).

Servers of strangers may be hostile. What an answer may cost is bounded by its size, and
one by UDP counts only if it repeats the question in the same mixture of upper and lower
case letters: somebody who does not see the question cannot forge that.
"""

import asyncio
import random
import struct
import typing as tp

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode

#: Octets of an answer that is read. 1,232 is what is asked for by UDP (RFC 6891
#: section 6.2.5 and DNS flag day 2020).
UDP_SIZE, UDP_MAX, TCP_MAX = 1232, 4096, 16 * 1024

#: Seconds for one datagram, and for the exchange by TCP.
UDP_TIMEOUTS, TCP_TIMEOUT = (0.5, 1.0), 1.0

PORT = 53

_RANDOM = random.SystemRandom()
#: What the wire format's reader raises besides its own errors on hostile octets.
_UNREADABLE = (dns.exception.DNSException, ValueError, struct.error, UnicodeError)


class Failure(Exception):
    """No answer; `kind` is one of `verdict.FAILURES`."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Budget:
    """Octets that may still be read about one domain, and the time that is left."""

    def __init__(self, octets: int = 256 * 1024, seconds: float = 5.0) -> None:
        self._octets = octets
        self._end = asyncio.get_running_loop().time() + seconds

    def part(self, seconds: float) -> "Budget":
        """Return a budget for a part, of the same octets and fewer seconds."""
        found = Budget(self._octets, 0.0)
        now = asyncio.get_running_loop().time()
        found._end = min(self._end, now + seconds)
        return found

    def left(self, most: float) -> float:
        """Return the seconds for one step, `most` at the most.

        Raises:
            Failure: there are none.
        """
        found = min(most, self._end - asyncio.get_running_loop().time())
        if found <= 0:
            raise Failure("silent")
        return found

    def read(self, octets: int) -> None:
        """Count octets (Failure: they are too many)."""
        self._octets -= octets
        if self._octets < 0:
            raise Failure("broken")


def name_of(name: str) -> dns.name.Name:
    """Return a name of a text from the DNS (Failure: it is none)."""
    try:
        return dns.name.from_text(name)
    except _UNREADABLE:
        raise Failure("broken") from None


def question(name: str, kind: str, flags: int = 0) -> dns.message.QueryMessage:
    """Return a query with the letters of its name in random case.

    Raises:
        Failure: it is no name.
    """
    mixed = "".join(_RANDOM.choice((one.lower(), one.upper())) for one in name)
    query = dns.message.make_query(name_of(mixed), kind, use_edns=0, payload=UDP_SIZE)
    query.flags = (query.flags & ~dns.flags.RD) | flags
    return query


async def ask(
    query: dns.message.QueryMessage, address: str, budget: Budget, port: int = PORT
) -> dns.message.Message:
    """Return a server's answer.

    Raises:
        Failure: there is none in time, or none that can be read.
    """
    for timeout in UDP_TIMEOUTS:
        try:
            limit = budget.left(timeout)
            answer = await _udp(query, address, port, budget, limit)
        except (OSError, asyncio.TimeoutError):
            continue
        if answer is not None and answer.rcode() == dns.rcode.FORMERR:
            # an old server that knows no EDNS (RFC 6891 section 7)
            query.use_edns(False)
            continue
        if answer is not None and not answer.flags & dns.flags.TC:
            return answer
        break
    try:
        limit = budget.left(TCP_TIMEOUT)
        return await asyncio.wait_for(_tcp(query, address, port, budget), limit)
    except (OSError, EOFError, asyncio.TimeoutError):
        raise Failure("silent") from None


class _Datagrams(asyncio.DatagramProtocol):
    """What comes in on a socket that is connected to one server."""

    def __init__(self) -> None:
        self.arrived: asyncio.Queue[bytes | None] = asyncio.Queue(16)

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Keep a datagram; those beyond the queue's room are lost."""
        self._keep(data)

    def error_received(self, exc: Exception) -> None:
        """Note an error, such as that of a closed port."""
        self._keep(None)

    def _keep(self, one: bytes | None) -> None:
        if not self.arrived.full():
            self.arrived.put_nowait(one)


async def _udp(
    query: dns.message.QueryMessage,
    address: str,
    port: int,
    budget: Budget,
    timeout: float,
) -> dns.message.Message | None:
    """Return the answer by UDP; None: it has to be asked for by TCP."""
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(
        _Datagrams, remote_addr=(address, port)
    )
    try:
        transport.sendto(query.to_wire())
        return await asyncio.wait_for(_matching(query, protocol, budget), timeout)
    finally:
        transport.close()


async def _matching(
    query: dns.message.QueryMessage, protocol: _Datagrams, budget: Budget
) -> dns.message.Message | None:
    """Wait for the answer among what comes in; the rest is somebody else's."""
    while True:
        octets = await protocol.arrived.get()
        if octets is None:
            raise ConnectionError("the port is closed")
        budget.read(len(octets))
        if len(octets) > UDP_MAX or octets[:2] != query.id.to_bytes(2, "big"):
            continue
        try:
            answer = dns.message.from_wire(octets, ignore_trailing=True)
        except _UNREADABLE:
            return None
        if query.is_response(answer):
            return answer if _same_letters(query, answer) else None


def _same_letters(query: dns.message.Message, answer: dns.message.Message) -> bool:
    if not answer.question:
        # of an error that does not repeat the question
        return True
    return answer.question[0].name.labels == query.question[0].name.labels


async def _tcp(
    query: dns.message.QueryMessage, address: str, port: int, budget: Budget
) -> dns.message.Message:
    reader, writer = await asyncio.open_connection(address, port)
    try:
        wire = query.to_wire()
        writer.write(len(wire).to_bytes(2, "big") + wire)
        size = int.from_bytes(await reader.readexactly(2), "big")
        budget.read(size)
        if size > TCP_MAX:
            raise Failure("broken")
        octets = await reader.readexactly(size)
    finally:
        writer.close()
    try:
        answer = dns.message.from_wire(octets, ignore_trailing=True)
    except _UNREADABLE:
        raise Failure("broken") from None
    if not query.is_response(answer):
        raise Failure("broken")
    return answer


#: Asks a question of a server; `ask` in service, something else in tests.
Ask = tp.Callable[
    [dns.message.QueryMessage, str, Budget], tp.Awaitable[dns.message.Message]
]
