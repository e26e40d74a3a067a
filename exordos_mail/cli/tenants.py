# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`tenants`: made and changed with the admin token."""

import typing as tp

import click

from exordos_mail.cli.options import (
    data_option,
    limit_options,
    limits,
    members_of,
    options,
)
from exordos_mail.cli.session import Session, connected


@click.group()
def tenants() -> None:
    """Tenants: who sends, how much, and where events go to."""


_options = options(
    click.option("--name", help="Name for people."),
    click.option("--active/--inactive", default=None, help="May it send?"),
    click.option(
        "--sender-domain",
        "sender_domains",
        multiple=True,
        help="Allowed domain of senders; may be repeated.",
    ),
    click.option("--callback-url", help="URL that events are posted to."),
    click.option("--attachment-url", help="URL that attachments are fetched from."),
    limit_options,
    data_option,
)


@tenants.command("list")
@connected
def list_(session: Session) -> None:
    """List tenants."""
    rows = session.backend.tenants.list()
    session.rows(rows, "id", "name", "active", "limits", "callback_url", "managed")


@tenants.command()
@click.argument("tenant_id", metavar="ID")
@connected
def show(session: Session, tenant_id: str) -> None:
    """Show a tenant."""
    session.one(session.backend.tenants.get(tenant_id))


@tenants.command()
@click.argument("tenant_id", metavar="ID")
@_options
@connected
def add(session: Session, tenant_id: str, **given: tp.Any) -> None:
    """Make a tenant."""
    body = _body(given, {}) | {"id": tenant_id}
    session.one(session.backend.tenants.add(body))


@tenants.command()
@click.argument("tenant_id", metavar="ID")
@_options
@connected
def change(session: Session, tenant_id: str, **given: tp.Any) -> None:
    """Change the given fields of a tenant."""
    before = session.backend.tenants.get(tenant_id)
    body = _body(given, before["limits"])
    session.one(session.backend.tenants.change(tenant_id, body))


@tenants.command()
@click.argument("tenant_id", metavar="ID")
@click.option("--force", is_flag=True, help="Even if messages are not final.")
@connected
def remove(session: Session, tenant_id: str, force: bool) -> None:
    """Remove a tenant with all its data."""
    session.backend.tenants.remove(tenant_id, force)
    session.done(f"removed {tenant_id}")


def _body(given: dict[str, tp.Any], before: dict[str, int | None]) -> dict[str, tp.Any]:
    spans = {span: given.pop(f"per_{span}") for span in ("minute", "hour", "day")}
    return members_of(given.pop("data"), **given, limits=limits(before, **spans))
