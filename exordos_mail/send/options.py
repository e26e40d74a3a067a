# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The options of the service: command line, then environment, then default."""

import typing as tp

import click

from exordos_mail.send import keyfiles, limits, reserve
from exordos_mail.send import option_types as types
from exordos_mail.send.queue import bounds, settle
from exordos_mail.send.webhooks import settings as webhooks
from exordos_mail.standards import tenant

_DATA = "~/.local/share/exordos-mail-send"


def _option(
    name: str,
    kind: "click.ParamType[tp.Any] | None",
    form: str,
    default: tp.Any,
    text: str,
) -> click.Option:
    """Return an option `--name`, which is also the variable PREFIX + NAME.

    Args:
        kind: what it is read as; None: a text.
        form: how it is written, or its unit, for the help.
    """
    return click.Option(
        [f"--{name}"],
        type=kind,
        metavar=form,
        default=default,
        show_default=default not in (None, ""),
        envvar=keyfiles.variable(name),
        show_envvar=True,
        help=text,
    )


def _joined(numbers: tp.Iterable[float]) -> str:
    return ",".join(map(str, numbers))


OPTIONS = (
    _option("data", types.FILE, "DIRECTORY", _DATA,
            "Directory of the database, the admin token and the key."),
    _option("database", None, "ADDRESS", None,
            "PostgreSQL, as postgresql://…, instead of SQLite in the data directory."),
    _option("database-file", types.FILE, "FILE", None,
            "File with that address, which may hold a password."),
    _option("database-wait", types.Number(above=False), "SECONDS", 60,
            "How long a start waits for a PostgreSQL that is away."),
    _option("admin-token-file", types.FILE, "FILE", None,
            "File of the admin token; it is not made."),
    _option("metrics-token-file", types.FILE, "FILE", None,
            "File of the metrics token; it is not made."),
    _option("secrets-key-file", types.FILE, "FILE", None,
            "File of the key of stored secrets; it is not made."),
    _option("listen", types.LISTENING, "HOST:PORT", "127.0.0.1:8025",
            "Address to listen on; [::]:443: all of both families; unix:PATH: a socket"
            " for a proxy on this machine, whose X-Forwarded-For is the client."),
    _option("listen-group", types.GROUP, "GROUP", None,
            "With --listen unix:PATH: who may connect beside the service's user."),
    _option("smtp", types.SERVER, "HOST:PORT", None,
            "SMTP server of the first relay; 127.0.0.1:25 if a new one is not told."),
    _option("max-connections", types.Whole(), "N", 1000,
            "SMTP connections at a time, of all relays."),
    _option("ehlo-name", types.EHLO_NAME, "NAME", None,
            "Name in EHLO; without it the machine's full name, or its address."),
    _option("public-url", types.PUBLIC_URL, "URL", None,
            "Where everybody reaches the service, as https://send.example.com: for"
            " links to unsubscribe."),
    _option("retry", types.DELAYS, "SECONDS,…", _joined(settle.DELAYS),
            "Pauses between the attempts; the last one repeats."),
    _option("keep-days", types.Number(), "DAYS", 30,
            "How long a message is kept after it is final."),
    _option("log-days", types.Number(), "DAYS", 90,
            "How far back the command log goes."),
    _option("body-mib", types.Whole(), "MIB", 36, "How large a request may be."),
    _option("connections", types.Whole(), "N", limits.CONNECTIONS.value,
            "HTTP connections at a time."),
    _option("connections-per-address", types.Whole(), "N",
            limits.CONNECTIONS_PER_ADDRESS.value,
            "HTTP connections from one IPv4 address or one IPv6 network /64."),
    _option("waiting-messages", types.Whole(), "N", bounds.MESSAGES,
            "Messages that a tenant may have waiting, unless it is set otherwise."),
    _option("waiting-mib", types.Whole(), "MIB", bounds.MEBIBYTES,
            "Size of the messages that a tenant may have waiting, likewise."),
    _option("reserve-mib", types.Whole(0), "MIB", reserve.MEBIBYTES,
            "Part of SQLite's disk, at most a tenth, no one tenant may fill; 0: none."),
    _option("networks", types.NETWORKS, "NETWORK,…", "",
            "Private networks that webhooks and attachments may reach."),
    _option("ports", types.PORTS, "PORT,…", _joined(sorted(tenant.WEB_PORTS)),
            "Ports that they may reach; ranges, too, as 80,8000-8099."),
    _option("directories", types.DIRECTORIES, "DIRECTORY,…", "",
            "Where local storages of attachments may lie."),
    _option("webhook-retry", types.DELAYS, "SECONDS,…", _joined(webhooks.DELAYS),
            "Pauses between the attempts of a webhook; the last one repeats."),
    _option("webhook-timeout", types.Number(), "SECONDS", 15,
            "Longest exchange with a webhook's receiver."),
    _option("webhook-give-up-days", types.Number(), "DAYS", 5,
            "How long a webhook may fail before it is switched off."),
    _option("tls-certificate", types.FILE, "FILE", None,
            "File of a certificate chain in PEM: https, not http."),
    _option("tls-key", types.FILE, "FILE", None,
            "File of its key in PEM; both are looked at again when they change."),
    _option("control", types.FILE, "SOCKET", None,
            "Unix socket of the control plane's agent: tenants are managed there."),
    _option("smtp-user", None, "NAME", None,
            "With --control: user of the first relay."),
    _option("smtp-password-file", types.FILE, "FILE", None,
            "With --control: file of the user's password."),
    _option("s3-endpoints", types.ENDPOINTS, "ADDRESS,…", "",
            "S3 services beside Amazon's, as https://s3.example.com."),
)  # fmt: skip
#: By the name of the parameter.
NAMED = {str(one.name): one for one in OPTIONS}
