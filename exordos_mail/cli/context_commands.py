# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`contexts`: services that one works on."""

import typing as tp
import uuid

import click

from exordos_mail.cli import connect_instance, text, trust
from exordos_mail.cli import contexts as store
from exordos_mail.cli.session import read_token, token_option
from exordos_mail.standards import program


@click.group(cls=program.Group)
def contexts() -> None:
    """Contexts: services and instances that are remembered."""


@contexts.command("list")
def list_() -> None:
    """List contexts; the current one has a star."""
    known = store.load()
    rows = [
        {
            "": "*" if name == known.current else "",
            "name": name,
            "url": one.url,
            "tenant": one.tenant,
            "instance": None if one.instance is None else one.instance.uuid,
        }
        for name, one in sorted(known.contexts.items())
    ]
    click.echo("\n".join(text.table(rows, ("", "name", "url", "tenant", "instance"))))


@contexts.command()
@click.argument("name")
@click.option(
    "--url", help=f"Its address, or the platform's.  [default: {store.LOCAL}]"
)
@click.option("--tenant", metavar="ID", help="Tenant that commands are about.")
@token_option("to call with; asked for when absent")
@trust.trust_options
@connect_instance.instance_options
def add(
    name: str,
    url: str | None,
    tenant: str | None,
    token_file: tp.TextIO | None,
    ca_file: tp.TextIO | None,
    pin: str | None,
    instance: uuid.UUID | None,
    platform: bool,
    **options: tp.Any,
) -> None:
    """Remember a service as NAME, and use it from now on.

    If there is a context of that name, it is replaced.

    With --instance it is a mail instance of the platform; with --platform all
    instances, and commands say which by --instance. Who asks is the user of the
    platform's own command line (--realm), another one (--user), or whoever has the
    token (--token-file).
    """
    if "/" in name:
        raise click.BadParameter("a name has no '/'")
    if instance is not None and platform:
        raise click.UsageError("give one of --instance and --platform")
    if instance is None and not platform:
        if any(one is not None for one in options.values()):
            raise click.UsageError("give --instance or --platform too")
        url = store.address(url or store.LOCAL)
        trusted = trust.chosen(url, ca_file, pin)
        made = store.Context(url, read_token(token_file), tenant, trusted)
    elif ca_file is not None or pin is not None:
        raise click.UsageError("--ca-file and --pin are for the node: see `keys add`")
    else:
        token = None if token_file is None else read_token(token_file)
        wanted = None if platform else str(instance)
        made = connect_instance.context(wanted, url, token, **options)
        made.tenant = tenant
    known = store.load()
    known.contexts[name] = made
    known.current = name
    store.save(known)


@contexts.command()
@click.argument("name", metavar="[NAME][/TENANT]")
def use(name: str) -> None:
    """Choose the current context, its tenant, or both."""
    known = store.load()
    name, slash, tenant = name.partition("/")
    name = name or known.current or ""
    context = known.named(name)
    known.current = name
    if slash:
        context.tenant = tenant or None
    store.save(known)


@contexts.command()
def current() -> None:
    """Print the current context as NAME/TENANT."""
    known = store.load()
    context = known.chosen(None)
    if context is not None:
        name = known.current or next(iter(known.contexts))
        click.echo(f"{name}/{context.tenant}" if context.tenant else name)


@contexts.command()
@click.argument("name")
def remove(name: str) -> None:
    """Forget a context with its token."""
    known = store.load()
    known.named(name)
    del known.contexts[name]
    if known.current == name:
        known.current = None
    store.save(known)
