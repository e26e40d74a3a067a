# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`webhook`: where a tenant's events are posted to, and how far that has come."""

import typing as tp

import click

from exordos_mail.cli.options import data_option, members_of
from exordos_mail.cli.session import Session, connected
from exordos_mail.standards.program import Failure

_PATH = "/v1/webhook"


@click.group()
def webhook() -> None:
    """The webhook of a tenant; its address is the tenant's `callback_url`."""


@webhook.command()
@connected
def show(session: Session) -> None:
    """Show the webhook's status."""
    session.one(session.api.call("GET", _PATH))


@webhook.command()
@connected
def disable(session: Session) -> None:
    """Disable the webhook; events wait until it is enabled again."""
    answer = session.api.call("POST", f"{_PATH}/disable")
    session.done(f"the webhook is {answer['state']}", answer)


@webhook.command()
@connected
def enable(session: Session) -> None:
    """Enable the webhook again, or end a pause."""
    answer = session.api.call("POST", f"{_PATH}/resume")
    session.done(f"the webhook is {answer['state']}", answer)


@webhook.command()
@click.option(
    "--overlap",
    type=click.IntRange(0),
    help="Seconds for which the previous secret signs too.",
)
@connected
def rotate(session: Session, overlap: int | None) -> None:
    """Make a new signing secret; it is shown once."""
    query = {"overlap": overlap}
    session.one(session.api.call("POST", f"{_PATH}/rotate", query))


@webhook.command("set")
@click.option("--receiver", "url", metavar="URL", help="Where events are posted to.")
@data_option
@connected
def set_(session: Session, url: str | None, data: tp.TextIO | None) -> None:
    """Change the address and, with --data, the authentication (`auth`)."""
    body = members_of(data, url=url)
    session.one(session.api.call("PATCH", _PATH, body=body))


@webhook.command()
@click.option("--since", "from_time", metavar="MOMENT", help="As RFC 3339.")
@click.option(
    "--from", "from_seq", type=click.IntRange(1), help="Number of the first event."
)
@connected
def replay(session: Session, from_time: str | None, from_seq: int | None) -> None:
    """Replay events from a sequence number or time."""
    body = members_of(None, from_time=from_time, from_seq=from_seq)
    if len(body) != 1:
        raise click.UsageError("give --since or --from")
    answer = session.api.call("POST", f"{_PATH}/replay", body=body)
    session.done(f"{answer['waiting']} events wait for the webhook", answer)


@webhook.command()
@connected
def test(session: Session) -> None:
    """Post a test request without events; report whether it was accepted."""
    answer = session.api.call("POST", f"{_PATH}/test")
    if not answer["taken"]:
        raise Failure(f"not accepted: {answer['reason']}")
    session.done("accepted", answer)
