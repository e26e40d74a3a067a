# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Lines and octets over TLS, bounded in time and memory whatever a server sends.

The address that is connected to is one that was judged before. Nothing is sent before
the certificate was found good, but STARTTLS.
"""

import asyncio
import collections.abc as abc
import contextlib
import ssl
import typing as tp

from exordos_mail.send.attachments.connect import Guard
from exordos_mail.send.attachments.failures import PermanentFailure, TemporaryFailure
from exordos_mail.send.bounce_mailboxes.fault import Fault
from exordos_mail.send.bounce_mailboxes.source import MailSource
from exordos_mail.standards import bounce_mailbox as rules

#: Seconds for TCP and TLS to be set up.
CONNECT_SECONDS = 20.0
#: Seconds for what is sent last to leave.
_FAREWELL = 5.0
#: Octets of a line. What is waiting to be read is twice of it at the most.
LINE_MAX = 64 * 1024
#: Octets of answers to one command, unless more are expected.
ANSWER_MAX = 256 * 1024


class MailWire:
    """One connection."""

    def __init__(self, source: MailSource) -> None:
        self._source = source
        self.loop = asyncio.get_running_loop()
        self._reader = asyncio.StreamReader(LINE_MAX)
        self._transport = tp.cast(asyncio.Transport, None)
        #: Octets that may still come.
        self._left = ANSWER_MAX
        self._late = ""

    async def connect(self, guard: Guard) -> None:
        """Connect to the first address that may be reached and answers."""
        source = self._source
        with self._told():
            context = _context(source)
            tls = context if source.tls == rules.IMPLICIT else None
            try:
                found = await guard.addresses(source.host, source.port, CONNECT_SECONDS)
            except PermanentFailure:
                raise Fault(
                    f"{source.host} has no public address, and the operator does not"
                    " allow others"
                ) from None
            except TemporaryFailure:
                raise Fault(f"{source.host} has no address", passes=True) from None
            await self._connect([str(one) for one in found], tls)

    async def _connect(
        self, addresses: abc.Sequence[str], tls: ssl.SSLContext | None
    ) -> None:
        failure: Exception = ConnectionError()
        for address in addresses:
            try:
                self._transport, _ = await asyncio.wait_for(
                    self.loop.create_connection(
                        self._protocol,
                        address,
                        self._source.port,
                        ssl=tls,
                        server_hostname=self._name if tls else None,
                    ),
                    CONNECT_SECONDS,
                )
                return
            except ssl.SSLError:
                raise
            except (OSError, asyncio.TimeoutError) as error:
                failure = error
        source = self._source
        if isinstance(failure, (asyncio.TimeoutError, TimeoutError)):
            text = f"{source.where} is silent: is tls as the server has it?"
            raise Fault(text, passes=True)
        text = f"{source.host} does not answer on port {source.port}"
        raise Fault(text, passes=True)

    async def start_tls(self) -> None:
        """Go on in TLS; what came in clear and was not read is thrown away."""
        with self._told():
            self._reader = asyncio.StreamReader(LINE_MAX)
            protocol = self._protocol()
            found = await asyncio.wait_for(
                self.loop.start_tls(
                    self._transport,
                    protocol,
                    _context(self._source),
                    server_hostname=self._name,
                ),
                CONNECT_SECONDS,
            )
            if found is None:
                raise ConnectionResetError
            self._transport = found
            # start_tls does not tell the protocol, which has to slow the sender down.
            protocol.connection_made(found)

    def expect(self, octets: int = ANSWER_MAX) -> None:
        """Let so many octets come from now on."""
        self._left = octets

    def send(self, data: bytes) -> None:
        """Send something short."""
        if not self._transport.is_closing():
            self._transport.write(data)

    async def line(self, seconds: float | None = None) -> bytes:
        """Return the next line without its end.

        Args:
            seconds: to wait for it; None: as usual.
        """
        with self._told(), self.deadline(seconds or self._source.answer_seconds):
            found = await self._reader.readuntil(b"\n")
        self._count(len(found))
        return found.rstrip(b"\r\n")

    async def exactly(self, octets: int) -> bytes:
        """Return so many octets."""
        self._count(octets)
        # A server that is slower than 16 KiB a second is as good as none.
        seconds = self._source.answer_seconds + octets / 16384
        with self._told(), self.deadline(seconds):
            return await self._reader.readexactly(octets)

    async def some(self) -> bytes:
        """Return what comes next, at least one octet."""
        with self._told(), self.deadline(self._source.answer_seconds):
            found = await self._reader.read(LINE_MAX)
            if not found:
                raise ConnectionResetError
        self._count(len(found))
        return found

    @contextlib.contextmanager
    def deadline(self, seconds: float) -> abc.Iterator[None]:
        """End the connection if what is inside takes longer."""
        timer = self.loop.call_later(seconds, self._expire, f"{seconds:.0f} s")
        try:
            yield
        finally:
            timer.cancel()

    async def line_or_none(self, seconds: float) -> bytes | None:
        """Return the next line without its end; None: none has come in this time."""
        with self._told():
            try:
                # Cancelled, it leaves what came where it was.
                found = await asyncio.wait_for(self._reader.readuntil(b"\n"), seconds)
            except asyncio.TimeoutError:
                return None
        self._count(len(found))
        return found.rstrip(b"\r\n")

    def close(self) -> None:
        """Hang up once all is sent."""
        if self._transport is not None:
            self._transport.close()
            self.loop.call_later(_FAREWELL, self._transport.abort)

    def abort(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    @property
    def _name(self) -> str:
        return self._source.host.rstrip(".")

    def _protocol(self) -> asyncio.StreamReaderProtocol:
        return asyncio.StreamReaderProtocol(self._reader)

    def _count(self, octets: int) -> None:
        self._left -= octets
        if self._left < 0:
            raise Fault(f"{self._source.where} sends more than it was asked for")

    def _expire(self, time: str) -> None:
        self._late = time
        self.abort()

    @contextlib.contextmanager
    def _told(self) -> abc.Iterator[None]:
        """Raise a Fault in the place of what a connection raises."""
        where = self._source.where
        try:
            yield
        except Fault:
            raise
        except ssl.SSLCertVerificationError as error:
            text = f"the certificate of {where} is not good: {error.verify_message}"
            raise Fault(text) from None
        except ssl.SSLError:
            raise Fault(f"no TLS with {where}: is tls as the server has it?") from None
        except asyncio.LimitOverrunError:
            raise Fault(
                f"{where} sends a line of more than {LINE_MAX} octets"
            ) from None
        except (asyncio.TimeoutError, asyncio.IncompleteReadError, OSError) as error:
            if self._late:
                text = f"{where} has not answered in {self._late}"
            elif isinstance(error, asyncio.TimeoutError):
                text = f"{where} has not answered in {CONNECT_SECONDS:.0f} s"
            else:
                text = f"{where} closes the connection"
            raise Fault(text, passes=True) from None


def _context(source: MailSource) -> ssl.SSLContext:
    try:
        found = ssl.create_default_context(cadata=source.ca)
    except ssl.SSLError:
        raise Fault("ca holds no certificate that can be read") from None
    found.minimum_version = ssl.TLSVersion.TLSv1_2
    return found
