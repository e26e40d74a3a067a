# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`trace`: what became of messages."""

import typing as tp

import click

from exordos_mail.cli import options
from exordos_mail.cli.connection import Answer
from exordos_mail.cli.members import Member, moment
from exordos_mail.cli.session import Session, connected

_PATH = "/v1/trace"
#: Messages of one call.
_PART = 100
_WANTED = (
    Member("id", "The message with this id.", metavar="ID"),
    Member("message_id", "With this Message-ID."),
    Member("address", "From or to this address."),
    Member("from", "From this address."),
    Member("to", "To this address."),
    Member("subject", "With this subject, the whole of it."),
    Member("state", "In this state, or with this outcome."),
    moment("since", "Accepted from this moment on (RFC 3339)."),
    moment("until", "Accepted before this moment."),
)
_ROW = ("at", "stage", "type", "recipient", "details")
_IDS = ("id", "tenant", "state", "subject", "message_id", "request", "queue_ids")


@click.command()
@options.options(*map(options.option, _WANTED))
@click.option("--all", "every", is_flag=True, help="Of all tenants, for the admin.")
@options.limit_option
@connected
def trace(session: Session, every: bool, limit: int, **wanted: tp.Any) -> None:
    """Show what became of messages, each with its timeline.

    Give at least --id, --message-id, --address, --from, --to, --subject or --since. The
    newest is the first.
    """
    query = options.body(_WANTED, wanted)
    found = _found(session, f"{_PATH}/all" if every else _PATH, query, limit, not every)
    if session.as_json:
        session.one(Answer(traces=found))
        return
    for number, one in enumerate(found):
        if number:
            click.echo()
        session.one({name: one[name] for name in _IDS if name in one})
        session.rows(one["timeline"], *_ROW)


def _found(
    session: Session, path: str, query: tp.Mapping[str, str], most: int, own: bool
) -> list[Answer]:
    """Return traces of however many parts; one may be empty and not be the last."""
    found: list[Answer] = []
    following = None
    while len(found) < most:
        wanted = {**query, "limit": min(_PART, most - len(found)), "before": following}
        part = session.api.call("GET", path, wanted, of_tenant=own)
        found += part["traces"]
        following = part["next"]
        if following is None:
            break
    return found
