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

"""`events`: what happened, and what happens."""

import click

from exordos_mail.send.cli.session import Session, connected

_PATH = "/v1/events"
#: Seconds that one call waits for something to happen.
_WAIT = 25
_COLUMNS = ("seq", "at", "type", "message_id", "recipient", "details")


@click.command()
@click.option(
    "--after", type=click.IntRange(0), help="Begin after the event of this number."
)
@click.option(
    "--last", type=click.IntRange(0, 500), help="Begin with the last so many  [20]"
)
@click.option("--follow", "-f", is_flag=True, help="Go on with what happens.")
@connected
def events(session: Session, after: int | None, last: int | None, follow: bool) -> None:
    """Print a tenant's events in their order, one a line."""
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
