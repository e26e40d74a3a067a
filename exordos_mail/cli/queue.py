# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`queue`: what waits, and what holds it up."""

import click

from exordos_mail.cli.api import part
from exordos_mail.cli.connection import Answer
from exordos_mail.cli.session import Session, connected

_PATH = "/v1/suspensions"


@click.group()
def queue() -> None:
    """What waits, and what holds it up."""


@queue.command()
@click.option("--batch", metavar="CODE", help="Of this batch only.")
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


@queue.command("messages")
@click.option("--state")
@click.option("--batch", metavar="CODE")
@click.option("--recipient", metavar="ADDRESS")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1))
@connected
def messages_(session: Session, limit: int, **filters: str | None) -> None:
    """List messages of all tenants, the newest first; for the admin."""
    rows = session.api.pages(
        "/v1/queue/messages", "messages", filters, limit, "before", of_tenant=False
    )
    columns = ("tenant", "id", "state", "waits_for", "due_at", "subject")
    session.rows(rows, *columns)


@queue.command("run-now")
@connected
def run_now(session: Session) -> None:
    """Look at the queue now instead of within a second; for the admin."""
    answer = session.api.call("POST", "/v1/queue/run-now", of_tenant=False)
    session.done("the queue is looked at", answer)


@queue.command()
@connected
def suspensions(session: Session) -> None:
    """List suspended batches; one without a name is everything."""
    found = session.api.call("GET", _PATH, {"limit": 1})
    everything = [Answer(batch="", created_at=None)] if found["everything"] else []
    rows = everything + session.api.pages(_PATH, "batches")
    session.rows(rows, "batch", "created_at")


@queue.command()
@click.argument("batch", required=False)
@connected
def suspend(session: Session, batch: str | None) -> None:
    """Hold back a batch, or without BATCH everything of the tenant."""
    answer = session.api.call("PUT", _held(batch))
    session.done(f"suspended {answer['messages']} messages", answer)


@queue.command()
@click.argument("batch", required=False)
@connected
def resume(session: Session, batch: str | None) -> None:
    """Let a batch, or without BATCH everything, go on."""
    answer = session.api.call("DELETE", _held(batch))
    session.done(f"resumed {answer['messages']} messages", answer)


def _held(batch: str | None) -> str:
    return _PATH if batch is None else f"{_PATH}/{part(batch)}"
