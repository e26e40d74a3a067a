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

"""An SMTP server that takes everything, as fast as it can, and keeps nothing.

It prints a line `<unix time> <number of messages so far>` for each message of
which the recipient's local part begins with `probe`, and answers on a second
port with how many messages it has taken.
"""

import asyncio
import sys
import time

import uvloop


class Counter:
    """What was taken so far."""

    taken = 0
    recipients: dict[str, int] = {}


class Session(asyncio.Protocol):
    """One client."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self.transport = transport
        self.buffer = b""
        self.in_data = False
        self.recipient = ""
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer every command that is complete."""
        self.buffer += data
        while True:
            if self.in_data:
                end = self.buffer.find(b"\r\n.\r\n")
                if end < 0:
                    return
                self.buffer = self.buffer[end + 5 :]
                self.in_data = False
                Counter.taken += 1
                seen = Counter.recipients.get(self.recipient, 0)
                Counter.recipients[self.recipient] = seen + 1
                if self.recipient.startswith("probe"):
                    print(f"{time.time()} {self.recipient}", flush=True)
                self.transport.write(b"250 2.0.0 taken\r\n")
                continue
            line, found, rest = self.buffer.partition(b"\r\n")
            if not found:
                return
            self.buffer = rest
            self.transport.write(self.command(line))

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


async def count(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say how many messages were taken, and of how many recipients."""
    writer.write(f"{Counter.taken} {len(Counter.recipients)}\n".encode())
    await writer.drain()
    writer.close()


async def main(port: int, count_port: int) -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Session, "127.0.0.1", port)
    await asyncio.start_server(count, "127.0.0.1", count_port)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))
