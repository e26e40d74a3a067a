# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An SMTP server that takes everything, as fast as it can, and keeps nothing.

    python sink.py SMTP-PORT COUNT-PORT [hang] [at ADDRESS]

It prints `<unix time> <recipient>` for each message of which the recipient
begins with `probe`, and tells everybody who connects to the second port, as
JSON, how many messages it has taken for each recipient. With `hang` it takes
nothing: it is silent after the final dot.
"""

import asyncio
import collections
import json
import sys
import time

import uvloop


class Sink:
    """What was taken so far."""

    def __init__(self, hangs: bool) -> None:
        self.hangs = hangs
        self.taken: collections.Counter[str] = collections.Counter()

    async def tell(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Say what was taken: in all, or when asked for it, by recipient."""
        asked = await reader.readline()
        found = dict(self.taken) if asked == b"all\n" else self.taken.total()
        writer.write(json.dumps(found).encode())
        await writer.drain()
        writer.close()


class Session(asyncio.Protocol):
    """One client."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.buffer = b""
        self.in_data = False
        self.recipient = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self.transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer every command that is complete."""
        self.buffer += data
        while True:
            mark = b"\r\n.\r\n" if self.in_data else b"\r\n"
            part, found, rest = self.buffer.partition(mark)
            if not found:
                return
            self.buffer = rest
            if not self.in_data:
                self.transport.write(self.command(part))
            elif not self.sink.hangs:
                self.take()

    def take(self) -> None:
        """Take a message."""
        self.in_data = False
        self.sink.taken[self.recipient] += 1
        if self.recipient.startswith("probe"):
            print(f"{time.time()} {self.recipient}", flush=True)
        self.transport.write(b"250 2.0.0 taken\r\n")

    def command(self, line: bytes) -> bytes:
        """Return the reply to one command."""
        verb = line[:4].upper()
        if verb == b"EHLO":
            return b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
        if verb == b"RCPT":
            self.recipient = line.partition(b"<")[2].partition(b">")[0].decode()
        if verb == b"DATA":
            self.in_data = True
            return b"354 go on\r\n"
        if verb == b"QUIT":
            return b"221 bye\r\n"
        return b"250 2.1.0 ok\r\n"


async def main(port: int, count_port: int, hangs: bool, host: str) -> None:
    """Serve until killed."""
    sink = Sink(hangs)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Session(sink), host, port)
    await asyncio.start_server(sink.tell, host, count_port)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    words = sys.argv[3:]
    at = words[words.index("at") + 1] if "at" in words else "127.0.0.1"
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2]), "hang" in words, at))
