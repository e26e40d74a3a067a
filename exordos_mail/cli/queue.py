# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`queue`: what no table makes."""

import click

from exordos_mail.cli import nouns, options
from exordos_mail.cli.connection import Answer
from exordos_mail.cli.session import Session, connected

_PATH = "/v1/suspensions"
_FILTERS = (nouns.STATE, nouns.BATCH, nouns.RECIPIENT, nouns.REFERENCE, nouns.TAG)


@click.command()
@options.option(nouns.BATCH)
@click.option("--all", "every", is_flag=True, help="Of all tenants, for the admin.")
@connected
def stats(session: Session, batch: str | None, every: bool) -> None:
    """Count messages by state."""
    tenants = [session.api.tenant]
    if every:
        rows = session.api.pages("/v1/tenants", "tenants", of_tenant=False)
        tenants = [row["id"] for row in rows]
    found = []
    for tenant in tenants:
        query = {"tenant": tenant, "batch": batch}
        counts = session.api.call("GET", "/v1/messages/counts", query)
        row = {**counts["states"], "unfinished": counts["unfinished"]}
        found.append({"tenant": tenant, **row} if every else row)
    if every:
        session.rows(found, *(found[0] if found else ("tenant",)))
    else:
        session.one(found[0])


@click.command()
@options.options(*map(options.option, _FILTERS), options.limit_option)
@connected
def messages(session: Session, limit: int, **filters: str | None) -> None:
    """List messages of all tenants; for the admin.

    The newest is the first.
    """
    where = "/v1/queue/messages", "messages", filters, limit, "before"
    rows = session.api.pages(*where, of_tenant=False)
    session.rows(rows, "tenant", "id", "state", "waits_for", "due_at", "subject")


@click.command()
@connected
def suspensions(session: Session) -> None:
    """List suspended batches.

    One without a name is everything.
    """
    found = session.api.call("GET", _PATH, {"limit": 1})
    everything = [Answer(batch="", created_at=None)] if found["everything"] else []
    rows = everything + session.api.pages(_PATH, "batches")
    session.rows(rows, "batch", "created_at")
