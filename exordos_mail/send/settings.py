# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the operator may choose: command line, then environment, then default."""

import collections.abc as abc
import dataclasses
import pathlib
import typing as tp

from exordos_mail.send import backoff, keyfiles
from exordos_mail.send.attachments.policy import Policy
from exordos_mail.send.net import door
from exordos_mail.send.queue import bounds
from exordos_mail.send.webhooks import settings as webhooks
from exordos_mail.standards import secret_file

#: Milliseconds.
_DAY = 24 * 3600 * 1000
#: Values of options (options.py), by their names.
_Given = abc.Mapping[str, tp.Any]


@dataclasses.dataclass(frozen=True)
class Location:
    """Where one service's state and secrets are."""

    #: Where the database, the admin token and the key are kept.
    data: pathlib.Path
    #: Where the tokens and the key are: there, unless the operator says otherwise.
    places: keyfiles.Places
    #: `postgresql://…`; None: SQLite in the data directory.
    database: str | None
    #: Seconds that a start waits for a PostgreSQL that is away.
    database_wait: float


@dataclasses.dataclass(frozen=True)
class Settings(Location):
    """One process's settings."""

    #: Where HTTP comes in: host and port, or a Unix socket that a proxy connects to.
    listen: tuple[str, int] | pathlib.Path
    #: Number of the group that may connect to it, too. None: its owner only.
    listen_group: int | None
    #: Host and port of the relay that a new service, or tenant, begins with. None:
    #: the operator says nothing.
    smtp: tuple[str, int] | None
    #: SMTP connections of this process at a time.
    max_connections: int
    retry: backoff.Backoff
    #: Days that a message is kept after it is final.
    keep_days: float
    #: Days that the command log goes back.
    log_days: float
    #: MiB of one request's body.
    body_mib: int
    #: HTTP connections of this process at a time.
    connections: door.ConnectionBounds
    #: How much a tenant may have waiting that has no bounds of its own.
    waiting: bounds.Bounds
    #: MiB of the disk that no tenant alone can fill.
    reserve_mib: int
    #: Where attachments may come from and webhooks go to.
    policy: Policy
    webhooks: webhooks.WebhookSettings
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
    #: Where everybody reaches the service, without a slash at its end. None: nobody
    #: knows.
    public_url: str | None


#: Members that are as one option says.
SINGLE = (
    *("listen", "listen_group", "smtp", "max_connections", "retry", "keep_days"),
    *("log_days", "body_mib", "reserve_mib", "control", "ehlo_name"),
    "public_url",
)


def location(given: _Given) -> Location:
    """Return where things are.

    Raises:
        ValueError: options do not go together, or name no address of a database.
    """
    data = given["data"].expanduser()
    files = {
        name: given.get(f"{name.replace('-', '_')}_file") for name in keyfiles.NAMES
    }
    return Location(
        data=data,
        places=keyfiles.Places(data, {name: one for name, one in files.items() if one}),
        database=_database(given["database"], given["database_file"]),
        database_wait=given["database_wait"],
    )


def read(given: _Given) -> Settings:
    """Return the settings.

    Raises:
        ValueError: options do not go together; the text names one.
    """
    smtp_login = _pair(given, "smtp-user", "smtp-password-file")
    if smtp_login is not None and given["control"] is None:
        raise ValueError("--smtp-user: only with --control")
    is_socket = isinstance(given["listen"], pathlib.Path)
    if given["listen_group"] is not None and not is_socket:
        raise ValueError("--listen-group: only with --listen unix:PATH")
    if given["tls_certificate"] is not None and is_socket:
        raise ValueError("--tls-certificate: not with --listen unix:PATH")
    return Settings(
        **vars(location(given)),
        **{name: given[name] for name in SINGLE},
        connections=door.ConnectionBounds(
            given["connections"], given["connections_per_address"]
        ),
        waiting=bounds.Bounds(
            given["waiting_messages"], given["waiting_mib"] * bounds.MIB
        ),
        policy=Policy(
            networks=given["networks"],
            ports=given["ports"],
            directories=given["directories"],
            s3_endpoints=given["s3_endpoints"],
        ),
        webhooks=webhooks.WebhookSettings(
            timeout=given["webhook_timeout"],
            delays=given["webhook_retry"],
            give_up=int(given["webhook_give_up_days"] * _DAY),
        ),
        smtp_login=smtp_login,
        tls=_pair(given, "tls-certificate", "tls-key"),
    )


def _database(address: str | None, file: pathlib.Path | None) -> str | None:
    if address and file:
        raise ValueError("give --database or --database-file, not both")
    if file:
        address = secret_file.read(file).strip()
    if address is not None and not address.startswith(("postgresql://", "postgres://")):
        raise ValueError(
            f"--database{'-file' if file else ''}: not a postgresql:// address"
        )
    return address


def _pair(given: _Given, *names: str) -> tp.Any:
    """Return the values of two options, which go together; None: they are not given."""
    found = tuple(given[name.replace("-", "_")] for name in names)
    if found.count(None) == 1:
        raise ValueError(f"--{names[0]} and --{names[1]} go together")
    return None if None in found else found
