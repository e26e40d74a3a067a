# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Addresses of web servers, as far as they can be judged without a network."""

import ipaddress
import socket

import httpcore
import httpx

from exordos_mail.send.attachments.failures import PermanentFailure
from exordos_mail.send.attachments.policy import Address, Policy


def parse(text: str, policy: Policy) -> httpx.URL:
    """Return an address that may be asked, as far as its text tells.

    Raises:
        PermanentFailure: it is no http(s) address, has a user or password in it,
            a port that is not allowed, or a host that is an address which is not
            allowed.
    """
    if any(ord(letter) <= 32 or ord(letter) == 127 for letter in text) or "\\" in text:
        raise PermanentFailure("the URL has a forbidden character")
    try:
        return _checked(httpx.URL(text), policy)
    except (httpx.InvalidURL, UnicodeError):
        raise PermanentFailure("the URL is malformed") from None


def join(base: httpx.URL, location: str, policy: Policy) -> httpx.URL:
    """Return where a redirect leads to.

    Raises:
        PermanentFailure: see `parse`; or it leads from https to http.
    """
    try:
        found = parse(str(base.join(location)), policy)
    except (httpx.InvalidURL, UnicodeError):
        raise PermanentFailure(f"{name(base)} redirects to a malformed URL") from None
    if base.scheme == "https" and found.scheme != "https":
        raise PermanentFailure(f"{name(base)} redirects from https to http")
    return found


def target(url: httpx.URL) -> httpcore.URL:
    """Return what a connection pool asks for.

    In parts, so that no second parser finds another host or path in it.
    """
    return httpcore.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )


def port(url: httpx.URL) -> int:
    """Return the port that is connected to."""
    return {"http": 80, "https": 443}[url.scheme] if url.port is None else url.port


def origin(url: httpx.URL) -> tuple[str, str, int]:
    """Return whom a request goes to (RFC 6454 section 4)."""
    return url.scheme, name(url), port(url)


def name(url: httpx.URL) -> str:
    """Return the host, the one part of an address that is never a secret."""
    return url.raw_host.decode("ascii")


def _checked(url: httpx.URL, policy: Policy) -> httpx.URL:
    if url.scheme not in ("http", "https"):
        raise PermanentFailure("only http and https URLs are fetched")
    host = name(url)
    if not host or any(len(label) > 63 for label in host.split(".")):
        raise PermanentFailure("the URL has no valid host")
    if url.userinfo:
        raise PermanentFailure("the URL has a user in it; give it as auth")
    if port(url) not in policy.ports:
        raise PermanentFailure(f"port {port(url)} is not allowed")
    literal = address(host)
    if literal is not None and not policy.permits(literal):
        raise PermanentFailure(f"{host} is not a public address")
    return url.copy_with(fragment=None)


def address(host: str) -> Address | None:
    """Return the address that a host stands for without any DNS."""
    if host.rstrip(".").rpartition(".")[2] == "localhost":  # RFC 6761 section 6.3
        return ipaddress.IPv4Address("127.0.0.1")
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        # `127.1`, `0x7f000001`, `2130706433`: what the C library takes too.
        return ipaddress.IPv4Address(socket.inet_aton(host.rstrip(".")))
    except OSError:
        return None
