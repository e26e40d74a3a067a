# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`messages`: what no table makes."""

import base64
import typing as tp

import click

from exordos_mail.cli import options
from exordos_mail.cli.api import part
from exordos_mail.cli.members import Member
from exordos_mail.cli.session import Session, connected
from exordos_mail.cli.verbs import AT, PRIORITY, UNTIL

_PATH = "/v1/messages"
_FILE = click.File("rb")
_MEMBERS = (
    Member("from", "Author of the message."),
    Member("to", "Recipient.", many=True),
    Member("cc", "Recipient of a copy.", many=True),
    Member("bcc", "Recipient that no header names.", many=True),
    Member("reply_to", "Where answers go to.", many=True),
    Member("subject", "Its subject."),
    Member("relay", "Relay that sends it.", metavar="ID"),
    PRIORITY,
    AT,
    UNTIL,
    Member("batch", "Batch that it is of.", metavar="CODE"),
    Member("idempotency_key", "Messages with the same key are sent once."),
    Member("reference", "What you know it by."),
    Member("tags", "Tag to find it by.", option="--tag", many=True),
    Member("unsubscribe", "With a link to unsubscribe.", "flag"),
)


@click.command()
@click.argument("eml", type=_FILE, required=False)
@options.options(*map(options.option, _MEMBERS))
@click.option("--text", type=_FILE, help="File with the plain text.")
@click.option("--html", type=_FILE, help="File with the HTML.")
@click.option("--attach", multiple=True, type=_FILE, help="File; may be repeated.")
@click.option(
    "--metadata",
    multiple=True,
    metavar="NAME=TEXT",
    help="What else you keep with it. May be repeated.",
)
@click.option("--dry-run", is_flag=True, help="Check and render, do not send.")
@options.data_option
@connected
def send(session: Session, eml: tp.BinaryIO | None, **given: tp.Any) -> None:
    """Send a message: a file, or one that the options say.

    EML is sent as it is; without --to, --cc and --bcc it goes to the recipients in
    its header. - is standard input, also for --text and --html.
    """
    body = options.body(_MEMBERS, given, given["data"])
    body |= {name: _text(given[name]) for name in ("text", "html") if given[name]}
    if given["metadata"]:
        body["metadata"] = dict(map(_named, given["metadata"]))
    if given["attach"]:
        body["attachments"] = [_attachment(file) for file in given["attach"]]
    if eml is not None:
        body["raw"] = _base64(eml.read())
    path = f"{_PATH}/dry-run" if given["dry_run"] else _PATH
    session.one(session.api.call("POST", path, body=body))


@click.command()
@click.argument("message_id", metavar="ID")
@connected
def show(session: Session, message_id: str) -> None:
    """Show a message with its recipients and events."""
    found = session.api.call("GET", f"{_PATH}/{part(message_id)}")
    if session.as_json:
        session.one(found)
        return
    lists = ("recipients", "events")
    session.one({name: one for name, one in found.items() if name not in lists})
    click.echo()
    session.rows(found["recipients"], "address", "state", "code", "enhanced", "reply")
    click.echo()
    session.rows(found["events"], "seq", "at", "type", "recipient", "actor", "details")


def _text(file: tp.BinaryIO) -> str:
    try:
        return file.read().decode()
    except UnicodeDecodeError:
        raise click.BadParameter(f"{file.name} is not UTF-8") from None


def _named(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter(f"write --metadata as NAME=TEXT, not {text!r}")
    return name, value


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _attachment(file: tp.BinaryIO) -> dict[str, str]:
    name = file.name.rpartition("/")[2]
    return {"filename": name, "content": _base64(file.read())}
