# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`messages`: sent, read, cancelled, rescheduled."""

import base64
import typing as tp

import click

from exordos_mail.cli.api import part
from exordos_mail.cli.options import data_option, members_of
from exordos_mail.cli.session import Session, connected

_PATH = "/v1/messages"
_COLUMNS = (
    "id",
    "state",
    "priority",
    "relay",
    "due_at",
    "attempts",
    "sender",
    "subject",
)
_PRIORITIES = click.Choice(("immediate", "high", "medium", "low"))
_FILE = click.File("rb")


@click.group()
def messages() -> None:
    """Messages of a tenant."""


@messages.command()
@click.argument("eml", type=_FILE, required=False)
@click.option("--from", "from_", help="Author of the message.")
@click.option("--to", multiple=True, help="Recipient; may be repeated.")
@click.option("--cc", multiple=True)
@click.option("--bcc", multiple=True)
@click.option("--reply-to", multiple=True)
@click.option("--subject")
@click.option("--text", "text_file", type=_FILE, help="File with the plain text.")
@click.option("--html", "html_file", type=_FILE, help="File with the HTML.")
@click.option("--attach", multiple=True, type=_FILE, help="File; may be repeated.")
@click.option("--relay", metavar="ID")
@click.option("--priority", type=_PRIORITIES)
@click.option("--at", "send_at", metavar="MOMENT", help="Not before; RFC 3339.")
@click.option("--expires", "expires_at", metavar="MOMENT", help="Not after.")
@click.option("--batch", metavar="CODE")
@click.option("--idempotency-key", help="Messages with the same key are sent once.")
@click.option("--dry-run", is_flag=True, help="Check and render, do not send.")
@data_option
@connected
def send(session: Session, eml: tp.BinaryIO | None, **options: tp.Any) -> None:
    """Send a message: the file EML as it is, or one that the options describe.

    An EML without --to, --cc and --bcc goes to the recipients in its header. - is
    standard input, also for --text and --html.
    """
    data, dry_run = options.pop("data"), options.pop("dry_run")
    options["from"] = options.pop("from_")
    attached = tuple(_attachment(file) for file in options.pop("attach"))
    for name in ("text", "html"):
        options[name] = _text(options.pop(f"{name}_file"))
    body = members_of(
        data,
        **options,
        raw=None if eml is None else _base64(eml.read()),
        attachments=attached,
    )
    if dry_run:
        session.one(session.api.call("POST", f"{_PATH}/dry-run", body=body))
    else:
        session.one(session.api.call("POST", _PATH, body=body))


@messages.command("list")
@click.option("--state")
@click.option("--batch", metavar="CODE")
@click.option("--relay", metavar="ID")
@click.option("--recipient", metavar="ADDRESS")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1))
@connected
def list_(session: Session, limit: int, **filters: str | None) -> None:
    """List messages, the newest first."""
    rows = session.api.pages(_PATH, "messages", filters, limit, "before")
    session.rows(rows, *_COLUMNS)


@messages.command()
@click.argument("message_id", metavar="ID")
@connected
def show(session: Session, message_id: str) -> None:
    """Show a message with its recipients and events."""
    found = session.api.call("GET", _one(message_id))
    if session.as_json:
        session.one(found)
        return
    lists = ("recipients", "events")
    session.one({name: one for name, one in found.items() if name not in lists})
    click.echo()
    session.rows(found["recipients"], "address", "state", "code", "enhanced", "reply")
    click.echo()
    session.rows(found["events"], "seq", "at", "type", "recipient", "actor", "details")


@messages.command()
@click.argument("message_ids", metavar="ID...", nargs=-1, required=True)
@connected
def cancel(session: Session, message_ids: tuple[str, ...]) -> None:
    """Cancel messages that are not sent yet."""
    for message_id in message_ids:
        answer = session.api.call("POST", f"{_one(message_id)}/cancel")
        session.done(f"cancelled {message_id}", answer)


@messages.command()
@click.argument("message_ids", metavar="ID...", nargs=-1, required=True)
@connected
def resend(session: Session, message_ids: tuple[str, ...]) -> None:
    """Send messages again, as new ones, to those who did not get them."""
    for message_id in message_ids:
        answer = session.api.call("POST", f"{_one(message_id)}/resend")
        session.done(f"sent {message_id} again as {answer['id']}", answer)


@messages.command()
@click.argument("message_id", metavar="ID")
@click.option("--at", "send_at", metavar="MOMENT", help="Not before; RFC 3339.")
@click.option("--expires", "expires_at", metavar="MOMENT", help="Not after.")
@click.option("--priority", type=_PRIORITIES)
@connected
def reschedule(session: Session, message_id: str, **options: str | None) -> None:
    """Change when or how urgently a message is sent."""
    body = members_of(None, **options)
    if not body:
        raise click.UsageError("give --at, --expires or --priority")
    answer = session.api.call("PATCH", _one(message_id), body=body)
    session.done(f"{message_id} is {answer['state']}", answer)


@messages.command()
@click.argument("message_id", metavar="ID")
@connected
def remove(session: Session, message_id: str) -> None:
    """Remove a message that is final."""
    session.api.call("DELETE", _one(message_id))
    session.done(f"removed {message_id}")


@messages.command("clean-up")
@click.option(
    "--older-than", required=True, type=click.IntRange(0), help="Seconds since final."
)
@connected
def clean_up(session: Session, older_than: int) -> None:
    """Remove messages that have been final for some time."""
    query = {"older_than": older_than}
    answer = session.api.call("POST", f"{_PATH}/clean-up", query)
    session.done(f"removed {answer['removed']}", answer)


def _one(message_id: str) -> str:
    return f"{_PATH}/{part(message_id)}"


def _text(file: tp.BinaryIO | None) -> str | None:
    if file is None:
        return None
    try:
        return file.read().decode()
    except UnicodeDecodeError:
        raise click.BadParameter(f"{file.name} is not UTF-8") from None


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _attachment(file: tp.BinaryIO) -> dict[str, str]:
    name = file.name.rpartition("/")[2]
    return {"filename": name, "content": _base64(file.read())}
