# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Questions to the running unbound, by DNS (RFC 1035 section 4), as exim asks them."""

import secrets
import socket
import struct

from exordos_mail.dataplane.engine import service
from exordos_mail.dataplane.services.resolver import paths as paths_lib

_HEADER = struct.Struct("!6H")
_QR, _AD, _RD, _RCODE = 0x8000, 0x0020, 0x0100, 0x000F
_IN, _CH = 1, 3
_SOA, _TXT = 6, 16
# EDNS(0) with the flag DO (RFC 3225): whether an answer is proved is asked for.
_OPT = b"\0" + struct.pack("!HHIH", 41, 1232, 0x8000, 0)
_MOST = 4096
#: What there is to be told of an unbound that is not there.
AWAY = "the resolver does not run"


class ResolverSilent(service.Problem):
    """unbound does not answer as it should."""


def revision(seconds: float = 1.0) -> str:
    """Return the revision of the configuration that the running unbound has.

    Raises:
        ResolverSilent: it does not tell; the text is AWAY if it does not run.
    """
    try:
        _, told = _ask("id.server", _TXT, _CH, seconds)
    except ConnectionRefusedError:
        raise ResolverSilent(AWAY) from None
    except OSError:
        raise ResolverSilent("the resolver does not answer") from None
    # The one string of the one record is at the end, behind its length.
    return told[-32:].decode("ascii", errors="replace")


def proves_root(seconds: float = 1.0) -> bool:
    """Return whether unbound gives an answer of the root that it has proved (AD)."""
    try:
        flags, told = _ask("", _SOA, _IN, seconds)
    except OSError:
        return False
    return bool(told) and bool(flags & _AD) and not flags & _RCODE


def _ask(name: str, kind: int, of: int, seconds: float) -> tuple[int, bytes]:
    """Return an answer's flags, and what follows the question; b"" for no record.

    Raises:
        OSError: there is no answer in time, or it answers something else.
    """
    number = secrets.randbits(16)
    labels = [one.encode("ascii") for one in name.split(".") if one]
    question = b"".join(bytes([len(one)]) + one for one in labels) + b"\0"
    question += struct.pack("!HH", kind, of)
    # A record of the class CH has no EDNS, so that it is the last thing in the answer.
    extra = _OPT if of == _IN else b""
    head = _HEADER.pack(number, _RD | _AD, 1, 0, 0, bool(extra))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(seconds)
        # Connected: nobody else can answer.
        connection.connect((paths_lib.ADDRESS, paths_lib.PORT))
        connection.send(head + question + extra)
        answer = connection.recv(_MOST)
    if len(answer) < _HEADER.size:
        raise OSError("no DNS message")
    told, flags, _, count, *_ = _HEADER.unpack_from(answer)
    if told != number or not flags & _QR:
        raise OSError("no answer to this question")
    return flags, answer[_HEADER.size + len(question) :] if count else b""
