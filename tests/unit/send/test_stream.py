# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Lines and bytes over a real pair of sockets; deadlines in virtual time."""

import asyncio
import collections.abc as abc
import contextlib
import socket
import typing as tp

import pytest

from exordos_mail.send.smtp import connection, stream
from exordos_mail.send.smtp.dialogue import Dialogue
from exordos_mail.send.smtp.opening import Opening
from exordos_mail.send.smtp.outgoing import Outgoing
from exordos_mail.send.smtp.reply import ReplyError
from exordos_mail.send.smtp.stream import Stream, StreamLost
from tests.unit.send import smtp_peer, virtual

_Ends = tuple[Stream, asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.asynccontextmanager
async def _pair() -> abc.AsyncIterator[_Ends]:
    """Give our end of a connection, and what reads and writes at the other one."""
    ours, theirs = socket.socketpair()
    loop = asyncio.get_running_loop()
    _, found = await loop.create_connection(Stream, sock=ours)
    reader, writer = await asyncio.open_connection(sock=theirs)
    try:
        yield found, reader, writer
    finally:
        found.abort()
        writer.close()


def _run(scenario: tp.Callable[[], tp.Coroutine[tp.Any, tp.Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 60))


def test_lines_come_as_they_were_written() -> None:
    async def scenario() -> None:
        async with _pair() as (ours, _, theirs):
            theirs.write(b"220 one\r\n\r\n250-t")
            assert await ours.line() == b"220 one"
            assert await ours.line() == b""
            assert not ours.closed
            theirs.write(b"wo\r")
            theirs.write(b"\nrest")
            assert await ours.line() == b"250-two"
            theirs.write_eof()
            with pytest.raises(StreamLost) as caught:
                await ours.line()
            assert not caught.value.timed_out
            # What came without its end stays there to be seen.
            assert ours.waiting and ours.closed

    _run(scenario)


@pytest.mark.parametrize(
    ("octets", "what"),
    [
        (b"250 fine\n", "CR LF"),
        (b"\n", "CR LF"),
        (b"250 \n\r\n", "CR LF"),
        (b"2" * (stream._LINE_MAX + 1), "over"),
        (b"2" * (stream._LINE_MAX + 1) + b"\r\n", "over"),
    ],
)
def test_what_is_no_line_is_refused(octets: bytes, what: str) -> None:
    async def scenario() -> None:
        async with _pair() as (ours, _, theirs):
            theirs.write(octets)
            with pytest.raises(ReplyError, match=what):
                await ours.line()

    _run(scenario)


def test_large_data_arrives_whole_and_waits_for_who_reads() -> None:
    data = bytes(range(256)) * 16_384

    async def scenario() -> None:
        async with _pair() as (ours, reader, _):
            writing = asyncio.create_task(ours.write(data, 60))
            assert await reader.readexactly(len(data)) == data
            await writing

    _run(scenario)


def test_nothing_is_written_to_what_has_ended() -> None:
    async def scenario() -> None:
        async with _pair() as (ours, reader, _):
            ours.abort()
            with pytest.raises(StreamLost):
                await ours.write(b"QUIT\r\n", 60)
            with pytest.raises(StreamLost):
                await ours.line()
            assert await reader.read() == b""

    _run(scenario)


class _Stuck(smtp_peer.Wire):
    """A connection whose other end reads nothing."""

    def write(self, data: tp.Any) -> None:
        tp.cast(Stream, self._protocol).pause_writing()


@pytest.mark.parametrize("resumed", [False, True])
def test_server_that_reads_nothing_is_waited_for_so_long(resumed: bool) -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        found = Stream()
        found.connection_made(_Stuck(found, smtp_peer.Peer()))
        if resumed:
            loop.call_later(299, found.resume_writing)
            await found.write(b"x", 300)
            assert not found.closed
            return
        with pytest.raises(StreamLost) as caught:
            await found.write(bytes(stream._CHUNK + 1), 300)
        assert caught.value.timed_out
        assert loop.time() == 300

    virtual.run(scenario())


def test_line_is_waited_for_so_long() -> None:
    async def scenario() -> None:
        found = Stream()
        found.connection_made(smtp_peer.Wire(found, smtp_peer.Peer()))
        with pytest.raises(StreamLost) as caught, found.deadline(300):
            await found.line()
        assert caught.value.timed_out
        assert asyncio.get_running_loop().time() == 300

    virtual.run(scenario())


_SCRIPT = (
    (b"", b"220 peer ESMTP\r\n"),
    (b"EHLO us.example.com\r\n", b"250-peer\r\n250-SIZE 1000\r\n250 8BITMIME\r\n"),
    (b"MAIL FROM:<a@example.com> SIZE=21 BODY=8BITMIME\r\n", b"250 fine\r\n"),
    (b"RCPT TO:<b@example.net>\r\n", b"250 fine\r\n"),
    (b"RCPT TO:<c@example.net>\r\n", b"550 5.1.1 nobody\r\n"),
    (b"DATA\r\n", b"354 go on\r\n"),
    (b"Subject: x\r\n\r\n..\xc3\xa4..\r\n.\r\n", b"250 2.0.0 taken\r\n"),
    # Nobody waits for the answer.
    (b"QUIT\r\n", b""),
)


def test_message_goes_octet_by_octet_as_the_standard_says() -> None:
    async def serve(reader: asyncio.StreamReader, writer: tp.Any) -> list[bytes]:
        got = []
        for expected, answer in _SCRIPT:
            got.append(await reader.readexactly(len(expected)))
            writer.write(answer)
        return [*got, await reader.read()]

    async def scenario() -> None:
        async with _pair() as (ours, reader, theirs):
            serving = asyncio.create_task(serve(reader, theirs))
            opening = Opening(Dialogue(ours, 60), smtp_peer.SERVER, "us.example.com")
            await opening.run(None)
            found = connection.Connection(opening.dialogue, smtp_peer.SERVER)
            data = Outgoing(b"Subject: x\r\n\r\n.\xc3\xa4..\r\n")
            done = await found.send(
                "a@example.com", ["b@example.net", "c@example.net"], data, lambda: True
            )
            assert [one and one.reply.code for one in done.answers] == [250, 550]
            assert found.usable and found.messages == 1
            await found.close()
            assert not found.usable
            expected = [octets for octets, _ in _SCRIPT]
            assert await serving == [*expected, b""]

    _run(scenario)


@pytest.mark.parametrize(
    ("limits", "most"),
    [
        ("", 100),
        (" RCPTMAX=5", 5),
        (" MAILMAX=3 RCPTMAX=9", 9),
        (" RCPTMAX=900", 100),
        (" RCPTMAX=0", 100),
        (" XRCPTMAX=5", 100),
        (" RCPTMAX=x", 100),
    ],
)
def test_recipients_that_a_server_announces(limits: str, most: int) -> None:
    peer = smtp_peer.Peer(offers=[f"LIMITS{limits}"])
    found = virtual.run(smtp_peer.connect(peer))
    assert found.recipients_max == most
