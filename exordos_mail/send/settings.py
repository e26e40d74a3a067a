# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the operator may choose: command line, then environment, then default."""

import collections.abc as abc
import dataclasses
import ipaddress
import os
import pathlib

from exordos_mail.send import backoff, keyfiles, options
from exordos_mail.send.attachments.policy import Policy
from exordos_mail.send.net import door
from exordos_mail.send.queue import bounds
from exordos_mail.send.smtp import greeting_name
from exordos_mail.send.webhooks import settings as webhooks
from exordos_mail.standards import relay, secret_file

#: Milliseconds.
_DAY = 24 * 3600 * 1000


@dataclasses.dataclass(frozen=True)
class Settings:
    """One process's settings."""

    #: Where the database, the admin token and the key are kept.
    data: pathlib.Path
    #: Where the tokens and the key are: there, unless the operator says otherwise.
    places: keyfiles.Places
    #: `postgresql://…`; None: SQLite in the data directory.
    database: str | None
    #: Seconds that a start waits for a PostgreSQL that is away.
    database_wait: float
    host: str
    port: int
    #: Host and port of the relay that a new service, or tenant, begins with. None:
    #: the operator says nothing.
    smtp: tuple[str, int] | None
    #: SMTP connections of this process at a time.
    max_connections: int
    schedule: backoff.Backoff
    #: Days that a message is kept after it is final.
    keep_days: float
    #: Days that the command log goes back.
    log_days: float
    #: MiB of one request's body.
    body_mib: int
    #: HTTP connections of this process at a time.
    connections: door.Bounds
    #: How much a tenant may have waiting that has no bounds of its own.
    waiting: bounds.Bounds
    #: MiB of the disk that no tenant alone can fill.
    reserve_mib: int
    #: Where attachments may come from and webhooks go to.
    policy: Policy
    webhooks: webhooks.Settings
    #: The socket where the control plane's agent says which tenants there are.
    #: None: tenants are made by the admin.
    control: pathlib.Path | None
    #: Who logs in to `smtp`, and the file of the password. None: nobody.
    smtp_login: tuple[str, pathlib.Path] | None
    #: Certificate chain and key, PEM. None: http.
    tls: tuple[pathlib.Path, pathlib.Path] | None
    #: How the service introduces itself to SMTP servers. None: by the machine's full
    #: name, or the address of the connection when it has none.
    ehlo_name: str | None


def read(given: abc.Mapping[str, str]) -> Settings:
    """Return the settings.

    Args:
        given: a value for each of `parameters`.

    Raises:
        ValueError: an option has a wrong value; the text names it.
    """
    values = {name: given[options.key(name)] for name, _, _ in options.OPTIONS}
    host, port = _address("listen", values["listen"])
    data = pathlib.Path(os.path.expanduser(values["data"]))
    return Settings(
        data=data,
        places=keyfiles.Places(data, _files(values)),
        database=_database(values),
        database_wait=_number("database-wait", values["database-wait"], least=0),
        host=host,
        port=port,
        smtp=_smtp(values["smtp"]) if values["smtp"] else None,
        max_connections=_count("max-connections", values["max-connections"]),
        schedule=_schedule("retry", values["retry"]),
        keep_days=_number("keep-days", values["keep-days"]),
        log_days=_number("log-days", values["log-days"]),
        body_mib=int(_number("body-mib", values["body-mib"])),
        connections=door.Bounds(
            connections=_count("connections", values["connections"]),
            per_address=_count(
                "connections-per-address", values["connections-per-address"]
            ),
        ),
        waiting=bounds.Bounds(
            messages=_count("waiting-messages", values["waiting-messages"]),
            octets=_count("waiting-mib", values["waiting-mib"]) * bounds.MIB,
        ),
        reserve_mib=_count("reserve-mib", values["reserve-mib"], least=0),
        policy=_policy(values),
        webhooks=webhooks.Settings(
            timeout=_number("webhook-timeout", values["webhook-timeout"]),
            delays=_schedule("webhook-retry", values["webhook-retry"]),
            give_up=int(
                _number("webhook-give-up-days", values["webhook-give-up-days"]) * _DAY
            ),
        ),
        control=pathlib.Path(values["control"]) if values["control"] else None,
        smtp_login=_login(values),
        tls=_tls(values),
        ehlo_name=_ehlo_name(values["ehlo-name"]),
    )


def _files(values: dict[str, str]) -> dict[str, pathlib.Path]:
    """Return the files of secrets that the operator has named, by the secret."""
    given = {name: values[f"{name}-file"] for name in keyfiles.NAMES}
    return {name: pathlib.Path(file) for name, file in given.items() if file}


def _database(values: dict[str, str]) -> str | None:
    address, file = values["database"], values["database-file"]
    if address and file:
        raise ValueError("give --database or --database-file, not both")
    if file:
        address = secret_file.read(pathlib.Path(file)).strip()
    if (address or file) and not address.startswith(("postgresql://", "postgres://")):
        raise ValueError(
            f"--database{'-file' if file else ''}: not a postgresql:// address"
        )
    return address or None


def _login(values: dict[str, str]) -> tuple[str, pathlib.Path] | None:
    user, file = values["smtp-user"], values["smtp-password-file"]
    if bool(user) != bool(file):
        raise ValueError("--smtp-user and --smtp-password-file go together")
    if user and not values["control"]:
        raise ValueError("--smtp-user: only with --control")
    return (user, pathlib.Path(file)) if user else None


def _smtp(text: str) -> tuple[str, int]:
    host, port = _address("smtp", text)
    if not relay.fits(port, relay.PLAIN):
        raise ValueError(
            "--smtp: its server is spoken to without TLS, and port 465 is TLS from the"
            " first octet; make a relay by the API or the command line instead"
        )
    return host, port


def _ehlo_name(text: str) -> str | None:
    try:
        return greeting_name.check(text) if text else None
    except ValueError as error:
        raise ValueError(f"--ehlo-name: {error}") from None


def _tls(values: dict[str, str]) -> tuple[pathlib.Path, pathlib.Path] | None:
    certificate, key = values["tls-certificate"], values["tls-key"]
    if bool(certificate) != bool(key):
        raise ValueError("--tls-certificate and --tls-key go together")
    return (pathlib.Path(certificate), pathlib.Path(key)) if certificate else None


def _schedule(name: str, text: str) -> backoff.Backoff:
    try:
        return backoff.parse(text)
    except ValueError:
        raise ValueError(f"--{name}: not seconds joined by commas") from None


def _policy(values: dict[str, str]) -> Policy:
    lists = {
        name: tuple(filter(None, values[name].split(",")))
        for name in ("networks", "ports", "directories", "s3-endpoints")
    }
    try:
        networks = tuple(map(ipaddress.ip_network, lists["networks"]))
    except ValueError:
        raise ValueError("--networks: not networks joined by commas") from None
    try:
        ports = frozenset(port for text in lists["ports"] for port in _range(text))
    except ValueError:
        raise ValueError("--ports: not numbers joined by commas") from None
    return Policy(
        networks=networks,
        ports=ports,
        directories=tuple(map(pathlib.Path, lists["directories"])),
        s3_endpoints=frozenset(lists["s3-endpoints"]),
    )


def _range(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def _address(name: str, text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"--{name}: write it as host:port")
    return host.strip("[]"), int(port)


def _count(name: str, text: str, least: int = 1) -> int:
    if not text.isascii() or not text.isdigit() or not least <= int(text) < 10**9:
        raise ValueError(f"--{name}: not a whole number from {least} to 999999999")
    return int(text)


def _number(name: str, text: str, least: float | None = None) -> float:
    """Return a number above 0, or of `least` on."""
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value < 10**6 or (value == 0 and least is None):
        raise ValueError(f"--{name}: not a number above 0")
    return value
