#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""`contexts`: services that one works on."""

import typing as tp

import click

from exordos_mail.send.cli import contexts as store
from exordos_mail.send.cli import text
from exordos_mail.send.cli.session import read_token, token_option


@click.group()
def contexts() -> None:
    """Remember services, tokens and tenants, and choose one of them."""


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
        }
        for name, one in sorted(known.contexts.items())
    ]
    click.echo("\n".join(text.table(rows, ("", "name", "url", "tenant"))))


@contexts.command()
@click.argument("name")
@click.option("--url", default=store.LOCAL, show_default=True, help="Its address.")
@click.option("--tenant", metavar="ID", help="Tenant that commands are about.")
@token_option("to call with; asked for when absent")
def add(name: str, url: str, tenant: str | None, token_file: tp.TextIO | None) -> None:
    """Remember a service as NAME, or change what is remembered; use it from now on."""
    known = store.load()
    if "/" in name:
        raise click.BadParameter("a name has no '/'")
    url = store.address(url)
    known.contexts[name] = store.Context(url, read_token(token_file), tenant)
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
