# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The options of the service: command line, then environment, then default."""

import click

from exordos_mail.send import keyfiles, limits, reserve
from exordos_mail.send.queue import bounds, settle
from exordos_mail.send.webhooks import settings as webhooks

#: Each option `--name` is also the variable PREFIX + NAME.
PREFIX = keyfiles.PREFIX
_DATA = "~/.local/share/exordos-mail-send"

#: Name, default and text of each.
OPTIONS = (
    ("data", _DATA, "directory of the database, the admin token and the key"),
    ("database", "", "postgresql://… instead of SQLite in the data directory"),
    ("database-file", "", "file with that address, which may hold a password"),
    ("database-wait", "60", "seconds that a start waits for a PostgreSQL that is away"),
    ("admin-token-file", "", "file of the admin token; it is not made"),
    ("metrics-token-file", "", "file of the metrics token; it is not made"),
    ("secrets-key-file", "", "file of the key of stored secrets; it is not made"),
    (
        "listen",
        "127.0.0.1:8025",
        "address to listen on; [::]:443: all of both families",
    ),
    (
        "smtp",
        "",
        "SMTP server of the first relay; 127.0.0.1:25 if a new one is not told",
    ),
    ("max-connections", "1000", "SMTP connections at a time, of all relays"),
    (
        "ehlo-name",
        "",
        "name in EHLO; without it the machine's full name, or its address",
    ),
    (
        "retry",
        ",".join(map(str, settle.DELAYS)),
        "seconds between the attempts; the last one repeats",
    ),
    ("keep-days", "30", "days a message is kept after it is final"),
    ("log-days", "90", "days the command log goes back"),
    ("body-mib", "36", "MiB a request may have"),
    ("connections", str(limits.CONNECTIONS.value), "HTTP connections at a time"),
    (
        "connections-per-address",
        str(limits.CONNECTIONS_PER_ADDRESS.value),
        "of them from one IPv4 address or one IPv6 network /64",
    ),
    (
        "waiting-messages",
        str(bounds.MESSAGES),
        "messages that a tenant may have waiting, unless the tenant is set otherwise",
    ),
    (
        "waiting-mib",
        str(bounds.MEBIBYTES),
        "MiB of messages that a tenant may have waiting, unless it is set otherwise",
    ),
    (
        "reserve-mib",
        str(reserve.MEBIBYTES),
        "MiB of SQLite's disk, at most a tenth, kept from any one tenant; 0: none",
    ),
    (
        "networks",
        "",
        "private networks that webhooks and attachments may reach, as 10.1.0.0/16,…",
    ),
    ("ports", "80,443,8080,8443", "ports of their http and https addresses, as 80,1-9"),
    ("directories", "", "where local storages of attachments may lie, as /srv/a,…"),
    (
        "webhook-retry",
        ",".join(map(str, webhooks.DELAYS)),
        "seconds between the attempts of a webhook; the last one repeats",
    ),
    ("webhook-timeout", "15", "seconds for an exchange with a webhook's receiver"),
    ("webhook-give-up-days", "5", "days of failures that switch a webhook off"),
    ("tls-certificate", "", "PEM file of a certificate chain: https, not http"),
    ("tls-key", "", "PEM file of its key; both are looked at again when they change"),
    (
        "control",
        "",
        "Unix socket of the control plane's agent: tenants are managed there",
    ),
    ("smtp-user", "", "with --control: user of the first relay"),
    ("smtp-password-file", "", "with --control: file of the user's password"),
    ("s3-endpoints", "", "S3 services beside Amazon's, as https://s3.example.com,…"),
)


def parameters() -> list[click.Parameter]:
    """Return the options of the command line."""
    return [
        click.Option(
            [f"--{name}", key(name)],
            metavar="VALUE",
            default=default,
            envvar=PREFIX + key(name).upper(),
            show_envvar=True,
            help=f"{text}  [default: {default or 'none'}]",
        )
        for name, default, text in OPTIONS
    ]


def key(name: str) -> str:
    """Return the name of an option as a parameter of Python."""
    return name.replace("-", "_")
