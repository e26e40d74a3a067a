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

"""`suppressions`: addresses of a tenant that get nothing."""

import click

from exordos_mail.send.cli.members import members_of
from exordos_mail.send.cli.session import Session, connected


@click.group()
def suppressions() -> None:
    """Addresses that get nothing."""


@suppressions.command("list")
@connected
def list_(session: Session) -> None:
    """List suppressed addresses."""
    rows = session.place.suppressions.list()
    session.rows(rows, "address", "reason", "source", "created_at", "expires_at")


@suppressions.command()
@click.argument("address")
@connected
def show(session: Session, address: str) -> None:
    """Show why an address is suppressed."""
    session.one(session.place.suppressions.get(address))


@suppressions.command()
@click.argument("address")
@click.option("--reason", required=True)
@click.option("--expires", "expires_at", metavar="MOMENT", help="As RFC 3339.")
@connected
def add(session: Session, address: str, reason: str, expires_at: str | None) -> None:
    """Suppress an address."""
    body = members_of(None, reason=reason, expires_at=expires_at)
    session.one(session.place.suppressions.put(address, body))


@suppressions.command()
@click.argument("address")
@connected
def remove(session: Session, address: str) -> None:
    """Send to an address again."""
    session.place.suppressions.remove(address)
    session.done(f"removed {address}")
