# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""How we introduce ourselves in EHLO (RFC 5321 sections 2.3.5 and 4.1.3).

A full domain name, or an address literal where there is none. Servers refuse or
mistrust anything else, `localhost` above all.
"""

import asyncio
import ipaddress
import re
import socket

RULE = (
    "write a host name with a dot, as mail.example.com, "
    "or an address literal, as [192.0.2.1] or [IPv6:2001:db8::1]"
)
#: Seconds that the start waits for the resolver.
_PATIENCE = 5.0
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})+\Z")
_DIGITS = re.compile(r"[0-9.]+\Z")


def check(text: str) -> str:
    """Return a name that may stand in EHLO.

    Raises:
        ValueError: it may not; the text says what may.
    """
    if not (_is_name(text) or _is_literal(text)):
        raise ValueError(RULE)
    return text


def of_this_machine() -> str | None:
    """Return this machine's full name; None: it has none. May block for long."""
    name = socket.getfqdn().rstrip(".")
    last = name.rpartition(".")[2].lower()
    return name if _is_name(name) and last not in ("localhost", "localdomain") else None


async def look_up() -> str | None:
    """Return what `of_this_machine` does, if the resolver tells it soon."""
    looked_up = asyncio.to_thread(of_this_machine)
    try:
        return await asyncio.wait_for(looked_up, _PATIENCE)
    except asyncio.TimeoutError:
        return None


def literal(address: str) -> str:
    """Return the address literal of an IP address (RFC 5321 section 4.1.3)."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        # A connection without an address: tests, sockets of this machine.
        return "[127.0.0.1]"
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return f"[IPv6:{found}]" if found.version == 6 else f"[{found}]"


def _is_name(text: str) -> bool:
    # Digits only would be an IP address without brackets.
    return _NAME.match(text) is not None and _DIGITS.match(text) is None


def _is_literal(text: str) -> bool:
    if not (text.startswith("[") and text.endswith("]")):
        return False
    inner = text[1:-1]
    try:
        if inner[:5].upper() == "IPV6:":
            ipaddress.IPv6Address(inner[5:])
        else:
            ipaddress.IPv4Address(inner)
    except ValueError:
        return False
    return "%" not in inner
