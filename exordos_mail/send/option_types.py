# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What an option's text is read as, and what a wrong one is told."""

import grp
import ipaddress
import math
import pathlib
import typing as tp

import click

from exordos_mail.send import backoff
from exordos_mail.send.attachments.policy import Network
from exordos_mail.send.smtp import greeting_name
from exordos_mail.send.unsubscribe import public_url
from exordos_mail.standards import relay

_UNIX = "unix:"


class Whole(click.IntRange):
    """A whole number."""

    def __init__(self, least: int = 1, most: int = 10**9 - 1) -> None:
        super().__init__(least, most)
        self.name = f"whole number from {least} to {most}"


class Number(click.FloatRange):
    """A number below a million, above 0 or from 0 on."""

    def __init__(self, above: bool = True) -> None:
        super().__init__(0, 10**6, min_open=above, max_open=True)
        self.name = f"number {'above' if above else 'from'} 0{'' if above else ' on'}"

    def convert(self, value: tp.Any, *where: tp.Any) -> tp.Any:
        """Refuse, too, what is above and below nothing."""
        found = super().convert(value, *where)
        return self.fail(f"not a {self.name}", *where) if math.isnan(found) else found


# Older versions of click have it without arguments.
class TextOption(click.ParamType):  # type: ignore[type-arg]
    """What a function reads out of a text."""

    def __init__(self, read: tp.Callable[[str], object], right: str) -> None:
        """Make it.

        Args:
            read: raises ValueError if the text is wrong.
            right: what to write instead.
        """
        self.name = right
        self._read = read

    def convert(self, value: tp.Any, *where: tp.Any) -> tp.Any:
        """Return what the function does."""
        try:
            return self._read(value) if isinstance(value, str) else value
        except ValueError:
            self.fail(self.name, *where)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise ValueError
    return host.strip("[]"), int(port)


def _listening(text: str) -> tuple[str, int] | pathlib.Path:
    if not text.startswith(_UNIX):
        return _address(text)
    path = pathlib.Path(text.removeprefix(_UNIX))
    if not path.is_absolute():
        raise ValueError
    return path


def _group(name: str) -> int:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise ValueError from None


def _server(text: str) -> tuple[str, int]:
    host, port = _address(text)
    if not relay.fits(port, relay.PLAIN):
        raise ValueError
    return host, port


def _parts(text: str) -> list[str]:
    return [part for part in text.split(",") if part]


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(map(ipaddress.ip_network, _parts(text)))


def _ports(text: str) -> frozenset[int]:
    ranges = [part.partition("-") for part in _parts(text)]
    return frozenset(
        port
        for first, _, last in ranges
        for port in range(int(first), int(last or first) + 1)
    )


def _directories(text: str) -> tuple[pathlib.Path, ...]:
    return tuple(map(pathlib.Path, _parts(text)))


def _endpoints(text: str) -> frozenset[str]:
    return frozenset(_parts(text))


FILE = click.Path(path_type=pathlib.Path)
LISTENING = TextOption(_listening, "write it as host:port, or unix:/path of a socket")
GROUP = TextOption(_group, "there is no such group")
SERVER = TextOption(
    _server,
    "write it as host:port of a server that is spoken to without TLS; port 465 is TLS"
    " from the first octet: make a relay by the API or the command line instead",
)
DELAYS = TextOption(
    backoff.parse, "write seconds above 0 joined by commas, as 60,300,900"
)
EHLO_NAME = TextOption(greeting_name.check, greeting_name.RULE)
PUBLIC_URL = TextOption(public_url.check, public_url.RULE)
NETWORKS = TextOption(
    _networks, "write networks joined by commas, as 10.1.0.0/16,fd00::/8"
)
PORTS = TextOption(
    _ports, "write numbers and ranges joined by commas, as 80,443,8000-8099"
)
DIRECTORIES = TextOption(_directories, "write directories joined by commas")
ENDPOINTS = TextOption(_endpoints, "write addresses joined by commas")
