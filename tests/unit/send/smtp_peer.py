# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""An SMTP server in memory that answers as a test says, and notes what it did."""

import asyncio
import collections.abc as abc
import dataclasses
import re
import typing as tp

from exordos_mail.send.smtp.connection import Connection
from exordos_mail.send.smtp.dialogue import Dialogue
from exordos_mail.send.smtp.opening import Opening, tls
from exordos_mail.send.smtp.server import Server
from exordos_mail.send.smtp.stream import Stream

#: What it answers when nothing else is said.
USUAL = {
    "CONNECT": b"220 peer.example.net ESMTP",
    "MAIL": b"250 2.1.0 fine",
    "RCPT": b"250 2.1.5 fine",
    "DATA": b"354 go on",
    "END": b"250 2.0.0 taken",
    "RSET": b"250 2.0.0 forgotten",
    "STARTTLS": b"220 2.0.0 go on",
    "AUTH": b"235 2.7.0 welcome",
    "QUIT": b"221 2.0.0 bye",
}
NOBODY = b"554 5.5.1 no valid recipients"
NO_SENDER = b"503 5.5.1 MAIL first"
SERVER = Server("peer", 25, "none", True, None, None, timeout=300.0)


@dataclasses.dataclass
class Act:
    """How one reply is given."""

    #: Octets as they are, or a reply's line without its CRLF.
    octets: bytes = b""
    #: Seconds before it.
    delay: float = 0.0
    #: Octets of one packet; 0: all in one.
    packet: int = 0
    #: The connection ends after it.
    close: bool = False


@dataclasses.dataclass
class Taken:
    """A message that was ended by its dot."""

    recipients: list[str]
    data: bytes
    #: The code that answered it.
    code: int


#: The step, the command's line, and the usual octets: what to do instead.
Rule = tp.Callable[[str, str, bytes], Act | bytes | None]


class Peer:
    """One connection's server; `rule` may differ from what is usual."""

    def __init__(
        self,
        rule: Rule = lambda step, line, usual: None,
        offers: abc.Sequence[str] = (),
    ) -> None:
        self.offers = ["peer.example.net", *offers]
        self.commands: list[str] = []
        self.taken: list[Taken] = []
        #: Steps and codes in the order of the replies.
        self.said: list[tuple[str, int]] = []
        self.closed = False
        self._rule = rule
        self._buffer = b""
        self.recipients: list[str] = []
        self._has_sender = False
        self._reading_data = False
        self._outbox: asyncio.Queue[tuple[Act, bytes]] = asyncio.Queue()
        self._wire: Wire | None = None
        self._speaking: asyncio.Task[None] | None = None

    def connected(self, wire: "Wire") -> None:
        self._wire = wire
        self._speaking = asyncio.ensure_future(self._speak())
        self._answer("CONNECT", "")

    def gone(self) -> None:
        self.closed = True
        if self._speaking is not None:
            self._speaking.cancel()

    def received(self, data: bytes) -> None:
        self._buffer += data
        while not self.closed:
            if self._reading_data:
                if not self._read_message():
                    return
            elif b"\r\n" in self._buffer:
                line, self._buffer = self._buffer.split(b"\r\n", 1)
                self._command(line.decode())
            else:
                return

    def _read_message(self) -> bool:
        if self._buffer.startswith(b".\r\n"):
            wire, self._buffer = b"", self._buffer[3:]
        elif b"\r\n.\r\n" in self._buffer:
            wire, self._buffer = self._buffer.split(b"\r\n.\r\n", 1)
            wire += b"\r\n"
        else:
            return False
        self._reading_data = False
        data = re.sub(rb"(?m)^\.", b"", wire)
        code = self._answer("END", "")
        self.taken.append(Taken(list(self.recipients), data, code))
        self.recipients = []
        self._has_sender = False
        return True

    def _command(self, line: str) -> None:
        self.commands.append(line)
        verb = line.partition(" ")[0].upper()
        if verb in ("MAIL", "RSET"):
            self.recipients = []
            self._has_sender = False
        code = self._answer(verb, line)
        if verb == "MAIL":
            self._has_sender = code == 250
        elif verb == "RCPT" and 200 <= code < 300:
            found = re.search("<(.*)>", line)
            assert found is not None
            self.recipients.append(found[1])
        elif verb == "DATA" and code == 354:
            self._reading_data = True
        elif verb == "QUIT":
            self.gone()

    def _answer(self, step: str, line: str) -> int:
        usual = USUAL.get(step, b"250 fine")
        if step == "EHLO":
            usual = b"\r\n".join(
                b"250%s%s"
                % (b" " if at == len(self.offers) - 1 else b"-", one.encode())
                for at, one in enumerate(self.offers)
            )
        elif step in ("RCPT", "DATA") and not self._has_sender:
            usual = NO_SENDER
        elif step == "DATA" and not self.recipients:
            usual = NOBODY
        act = self._rule(step, line, usual)
        if act is None or isinstance(act, bytes):
            act = Act(act or usual)
        octets = act.octets
        if octets and not octets.endswith(b"\n"):
            octets += b"\r\n"
        code = int(octets[:3]) if octets[:3].isdigit() else 0
        self.said.append((step, code))
        self._outbox.put_nowait((act, octets))
        return code

    async def _speak(self) -> None:
        wire = tp.cast(Wire, self._wire)
        while True:
            act, octets = await self._outbox.get()
            if act.delay:
                await asyncio.sleep(act.delay)
            size = act.packet or len(octets) or 1
            for start in range(0, len(octets), size):
                wire.deliver(octets[start : start + size])
                if act.packet:
                    await asyncio.sleep(0)
            if act.close:
                self.closed = True
                wire.end()
                return


class Wire(asyncio.Transport):
    """What the client takes for a TCP connection."""

    def __init__(self, protocol: asyncio.Protocol, peer: Peer) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._protocol = protocol
        self._peer = peer
        self._closing = False

    def write(self, data: tp.Any) -> None:
        if not self._closing:
            self._loop.call_soon(self._peer.received, bytes(data))

    def deliver(self, data: bytes) -> None:
        if not self._closing:
            self._protocol.data_received(data)

    def end(self) -> None:
        if not self._closing:
            self._protocol.eof_received()

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._loop.call_soon(self._peer.gone)
            self._loop.call_soon(self._protocol.connection_lost, None)

    abort = close

    def is_closing(self) -> bool:
        return self._closing

    def get_extra_info(self, name: str, default: tp.Any = None) -> tp.Any:
        return ("192.0.2.1", 4711) if name == "sockname" else default


async def connect(
    peer: Peer, server: Server = SERVER, ehlo_name: str | None = "us.example.com"
) -> Connection:
    """Return a connection to a peer, as `connection.connect` does."""
    stream = Stream()
    wire = Wire(stream, peer)
    stream.connection_made(wire)
    peer.connected(wire)
    opening = Opening(Dialogue(stream, server.timeout), server, ehlo_name)
    try:
        await opening.run(tls(server))
    except BaseException as error:
        stream.abort()
        raise opening.failure(error) or error from None
    return Connection(opening.dialogue, server)
