# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`events`: what happened, and what happens."""

import click

from exordos_mail.cli.session import Session, connected

_PATH = "/v1/events"
#: Seconds that one call waits for something to happen.
_WAIT = 25
_COLUMNS = ("seq", "at", "type", "message_id", "recipient", "details")


@click.command()
@click.option(
    "--after", type=click.IntRange(0), help="Begin after the event of this number."
)
@click.option(
    "--last",
    type=click.IntRange(0, 500),
    help="Begin with so many that have happened.  [default: 20]",
)
@click.option("--follow", "-f", is_flag=True, help="Go on with what happens.")
@connected
def events(session: Session, after: int | None, last: int | None, follow: bool) -> None:
    """Print a tenant's events, one a line."""
    if after is not None and last is not None:
        raise click.UsageError("give --after or --last")
    query: dict[str, int | None] = {"after": after, "limit": 500}
    if after is None:
        query = {"last": 20 if last is None else last, "limit": 500}
    while True:
        found = session.api.call("GET", _PATH, query)
        for event in found["events"]:
            session.line(event, *_COLUMNS)
        if not found["events"] and not follow:
            return
        query = {
            "after": found["next"],
            "limit": 500,
            "wait": _WAIT if follow else 0,
        }
