# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`suppressions`: addresses of a tenant that get nothing."""

import click

from exordos_mail.cli.options import members_of
from exordos_mail.cli.session import Session, connected


@click.group()
def suppressions() -> None:
    """Addresses that get no mail."""


@suppressions.command("list")
@connected
def list_(session: Session) -> None:
    """List suppressed addresses."""
    rows = session.backend.suppressions.list()
    session.rows(rows, "address", "reason", "source", "created_at", "expires_at")


@suppressions.command()
@click.argument("address")
@connected
def show(session: Session, address: str) -> None:
    """Show why an address is suppressed."""
    session.one(session.backend.suppressions.get(address))


@suppressions.command()
@click.argument("address")
@click.option("--reason", required=True)
@click.option("--expires", "expires_at", metavar="MOMENT", help="As RFC 3339.")
@connected
def add(session: Session, address: str, reason: str, expires_at: str | None) -> None:
    """Suppress an address."""
    body = members_of(None, reason=reason, expires_at=expires_at)
    session.one(session.backend.suppressions.put(address, body))


@suppressions.command()
@click.argument("address")
@connected
def remove(session: Session, address: str) -> None:
    """Lift a suppression: send to the address again."""
    session.backend.suppressions.remove(address)
    session.done(f"removed {address}")
