# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""No end of DATA but CRLF.CRLF: nothing is smuggled in or passed on."""

import base64
import socket
import ssl

import pytest

from exordos_mail.dataplane.services.exim import probe
from tests.integration.exim import payloads

_ENDS = {
    "LF.LF": b"\n.\n",
    "LF.CRLF": b"\n.\r\n",
    "CRLF.LF": b"\r\n.\n",
    "CR.CR": b"\r.\r",
    "CR.CRLF": b"\r.\r\n",
    "CRLF.CR": b"\r\n.\r",
}


def _dialogue() -> ssl.SSLSocket:
    plain = socket.create_connection((probe.LOOPBACK, 465), timeout=5)
    return probe.tls_context().wrap_socket(plain)


@pytest.mark.parametrize("end", _ENDS)
def test_only_one_message_arrives(mail, internet, end):
    with _dialogue() as tls, tls.makefile("rwb") as stream:

        def say(octets: bytes, code: bytes) -> None:
            stream.write(octets)
            stream.flush()
            while (line := stream.readline())[3:4] == b"-":
                pass
            assert line.startswith(code), line

        say(b"", b"220")
        say(b"EHLO client.test\r\n", b"250")
        secret = base64.b64encode(f"\0{payloads.ALICE}\0{payloads.PASSWORD}".encode())
        say(b"AUTH PLAIN " + secret + b"\r\n", b"235")
        say(b"MAIL FROM:<alice@example.com>\r\n", b"250")
        say(b"RCPT TO:<bob@elsewhere.test>\r\n", b"250")
        say(b"DATA\r\n", b"354")
        smuggled = (
            b"MAIL FROM:<alice@example.com>\r\nRCPT TO:<eve@elsewhere.test>\r\n"
            b"DATA\r\nFrom: alice@example.com\r\n\r\nsmuggled"
        )
        say(
            b"From: alice@example.com\r\n\r\nfirst"
            + _ENDS[end]
            + smuggled
            + b"\r\n.\r\n",
            b"250",
        )
        say(b"NOOP\r\n", b"250")
    envelope, content = internet.next_message()
    assert envelope["recipients"] == ["bob@elsewhere.test"]
    assert b"smuggled" in content
    body = content.partition(b"\r\n\r\n")[2]
    for other in (b"\n.\n", b"\n.\r\n", b"\r.\r"):
        assert other not in body.replace(b"\r\n", b"")
    assert internet.count() == 0
