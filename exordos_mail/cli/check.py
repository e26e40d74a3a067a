# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`check`: speak with an instance's ports as mail programs do."""

import concurrent.futures
import dataclasses
import socket
import ssl
import typing as tp

import click

from exordos_mail.cli import nouns, probes
from exordos_mail.cli.probes import Place
from exordos_mail.cli.session import Session, connected
from exordos_mail.standards import dialogue
from exordos_mail.standards.dialogue import Problem
from exordos_mail.standards.program import Failure

_COLUMNS = ("port", "protocol", "state", "wrong", "right")


@dataclasses.dataclass(frozen=True)
class Door:
    """A port of an instance.

    Attributes:
        protocol: for people.
        dialect: how it speaks.
        tls: TLS comes first of all; else by a command.
        logs_in: accounts log in there.
    """

    port: int
    protocol: str
    dialect: dialogue.Dialect
    tls: bool = False
    logs_in: bool = True


#: Of every instance.
DOORS = (
    Door(25, "SMTP", dialogue.SMTP, logs_in=False),
    Door(465, "SMTP with TLS", dialogue.SMTP, tls=True),
    Door(587, "SMTP", dialogue.SMTP),
)
#: Of one that keeps mailboxes.
MAILBOX_DOORS = (
    Door(143, "IMAP", dialogue.IMAP),
    Door(993, "IMAP with TLS", dialogue.IMAP, tls=True),
    Door(110, "POP3", dialogue.POP3),
    Door(995, "POP3 with TLS", dialogue.POP3, tls=True),
    Door(4190, "ManageSieve", dialogue.SIEVE),
)


@click.command()
@click.argument("which", metavar="INSTANCE")
@click.option(
    "--ca-file",
    type=click.File("r"),
    help="Certificates (PEM) to trust instead of the system's authorities.",
)
@click.option(
    "--address",
    metavar="IP",
    help="Connect to this address, whatever the DNS says of the host name.",
)
@connected
def check(
    session: Session, which: str, ca_file: tp.TextIO | None, address: str | None
) -> None:
    """Speak with an instance's ports, as mail programs do.

    INSTANCE is its domain or uuid. From here: SMTP, and IMAP, POP3 and ManageSieve if
    it keeps mailboxes, each with TLS and a certificate of its host name. Says what is
    wrong and what would be right; exit status 1 if anything is.
    """
    instance = session.backend.of(nouns.OF_PLANE["instance"]).get(which)
    place = Place(
        instance["hostname"],
        _address(instance, address),
        _trusted(ca_file),
    )
    doors = DOORS + (MAILBOX_DOORS if instance["mailboxes"] else ())
    with concurrent.futures.ThreadPoolExecutor(len(doors)) as pool:
        rows = list(pool.map(lambda door: look(place, door), doors))
    session.rows(rows, *_COLUMNS)
    failed = sum(row["state"] != "ok" for row in rows)
    if failed:
        raise Failure(f"{failed} of {len(rows)} ports of {place.host} failed")


def look(place: Place, door: Door) -> dict[str, tp.Any]:
    """Return what a port is like: `ok`, or what is wrong and would be right."""
    row: dict[str, tp.Any] = {"port": door.port, "protocol": door.protocol}
    try:
        probes.speak(place, door.port, door.dialect, door.tls, door.logs_in)
    except Problem as problem:
        return {
            **row,
            "state": "failed",
            "wrong": problem.wrong,
            "right": problem.right,
        }
    return {**row, "state": "ok", "wrong": "", "right": ""}


def _address(instance: tp.Mapping[str, tp.Any], given: str | None) -> str:
    """Return where to connect to.

    Raises:
        Failure: the host name leads nowhere, or elsewhere.
    """
    host, own = instance["hostname"], instance["ipv4"]
    if given is not None:
        return given
    right = f"publish an A record {host} with {own or 'the address of the instance'}"
    try:
        found = sorted(
            {
                str(one[4][0])
                for one in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            }
        )
    except OSError:
        raise Failure(f"the host name {host} has no address here: {right}") from None
    if own is not None and own not in found:
        raise Failure(f"the host name {host} leads to {', '.join(found)}: {right}")
    return own or found[0]


def _trusted(ca_file: tp.TextIO | None) -> ssl.SSLContext:
    try:
        certificates = None if ca_file is None else ca_file.read()
        return ssl.create_default_context(cadata=certificates)
    except ssl.SSLError:
        raise Failure("--ca-file: a file with certificates in PEM") from None
