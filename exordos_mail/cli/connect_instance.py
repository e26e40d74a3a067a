# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The context of a mail instance: found, logged in to, and tried."""

import typing as tp

import click

from exordos_mail.cli import control_plane, login
from exordos_mail.cli.contexts import Context, Instance, Login
from exordos_mail.cli.options import options
from exordos_mail.cli.secret_input import SecretFile

instance_options = options(
    click.option("--instance", type=click.UUID, help="A mail instance."),
    click.option("--platform", is_flag=True, help="All instances of the platform."),
    click.option(
        "--realm",
        metavar="NAME",
        help="Realm of `exordos settings` that has it.  [default: the current one]",
    ),
    click.option("--user", help="User of the platform; the password is asked for."),
    click.option(
        "--password-file",
        type=SecretFile("r"),
        help="File with the user's password, instead of asking; - is standard input.",
    ),
    click.option("--project", metavar="UUID", help="Project that has the instance."),
    click.option(
        "--metapaas-url", help="Control plane, if not /api/metapaas of the platform."
    ),
)


def context(
    instance: str | None,
    url: str | None,
    token: str | None,
    realm: str | None,
    user: str | None,
    password_file: tp.TextIO | None,
    project: str | None,
    metapaas_url: str | None,
) -> Context:
    """Return a context that reaches an instance.

    Args:
        instance: its uuid; None: the platform, with whatever instances it has.
        url: the platform's address.
        token: of the platform, as it is.

    Raises:
        Failure: it cannot be reached with this.
        UsageError: the options do not fit each other.
    """
    if sum(one is not None for one in (token, realm, user)) > 1:
        raise click.UsageError("give one of --token-file, --realm and --user")
    how: Login | None = None
    if user is not None:
        how = Login(_needed(url), login.scope(project), user)
    elif token is None:
        how, token = login.of_realm(realm, project)
        if url is not None:
            raise click.UsageError("--url: the realm says where the platform is")
        url = how.url
    if metapaas_url is None:
        metapaas_url = control_plane.behind(_needed(url))
    if token is None and how is not None:
        password = None if password_file is None else password_file.readline()
        found = login.tokens(how, (password or "").rstrip("\r\n") or None)
        token, how.refresh_token = found.access, found.refresh
    made = Context(
        control_plane.address(metapaas_url),
        token or "",
        instance=Instance(instance, how),
    )
    # Fail here rather than at the first command.
    plane = control_plane.ControlPlane(made, lambda _: None)
    if instance is None:
        plane.rows("/versions/")
    else:
        plane.call("GET", f"/instances/{instance}")
    return made


def _needed(url: str | None) -> str:
    if url is None:
        raise click.UsageError("--url: where is the platform?")
    return control_plane.address(url)
