# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`bounces`: mail that came back, handed to the service."""

import typing as tp

import click

from exordos_mail.cli.session import Session, connected

_PATH = "/v1/bounces"
_COLUMNS = ("recipient", "action", "class", "event", "suppressed", "message_id", "why")


@click.command()
@click.argument("eml", type=click.File("rb"))
@connected
def report(session: Session, eml: tp.BinaryIO) -> None:
    """Hand in a bounce or a complaint that came by mail.

    EML is the whole mail as it came; - is standard input. What it says of each
    recipient, and what was done, is shown. The same mail again does nothing more.
    """
    found = session.api.call("POST", _PATH, mail=eml.read())
    if session.as_json:
        session.one(found)
        return
    session.one({"kind": found["kind"], "why": found["why"]})
    if found["found"]:
        click.echo()
        session.rows(found["found"], *_COLUMNS)
