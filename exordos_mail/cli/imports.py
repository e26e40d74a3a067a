# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`imports add-many`: the mailboxes of a whole domain, by a CSV."""

import csv
import dataclasses
import typing as tp

import click

from exordos_mail.cli import nouns, resources
from exordos_mail.cli.secret_input import SecretFile
from exordos_mail.cli.session import Session, connected
from exordos_mail.schema import mailbox_import
from exordos_mail.standards.program import Failure

_REQUIRED = ("account", "host", "username", "password")
_COLUMNS = (*_REQUIRED, "port", "tls")
#: Passwords that a bulk request takes (docs/adr/0012).
_BULK = 20
_CONFLICT = 409


@dataclasses.dataclass
class Line:
    """A row of the file, with its number there; `problem` is why it failed."""

    number: int
    account: str
    body: dict[str, tp.Any]
    problem: str = ""


@click.command("add-many")
@click.argument("file", type=SecretFile("r", encoding="utf-8-sig"))
@click.option(
    "--create-accounts",
    is_flag=True,
    help="Make accounts that are missing, with mailboxes and these passwords.",
)
@connected
def add_many(session: Session, file: tp.TextIO, create_accounts: bool) -> None:
    """Import many mailboxes; one that was imported before is imported again.

    FILE is a CSV with a head: account, host, username, password, and perhaps port and
    tls; - is standard input.
    """
    lines = read(file)
    if create_accounts:
        _make_accounts(session, lines)
    for line in lines:
        done = line.problem or _imported(session, line)
        shown = {"line": line.number, "account": line.account, "result": done}
        session.line(shown, *shown)
    failed = sum(1 for line in lines if line.problem)
    if failed:
        raise Failure(f"{failed} of {len(lines)} rows failed")


def read(file: tp.TextIO) -> list[Line]:
    """Return the rows of a file.

    Raises:
        Failure: it has no such form; no text holds a value.
    """
    head = file.readline()
    delimiter = ";" if head.count(";") > head.count(",") else ","
    names = next(csv.reader([head], delimiter=delimiter, strict=True), [])
    names = [name.strip().lower() for name in names]
    if not set(_REQUIRED) <= set(names) or not set(names) <= set(_COLUMNS):
        wanted = ", ".join(_REQUIRED)
        raise Failure(f"line 1 names columns: {wanted}, and perhaps port and tls")
    rows = csv.DictReader(file, names, delimiter=delimiter, strict=True)
    try:
        return [_line(rows.line_num + 1, row) for row in rows]
    except (csv.Error, UnicodeDecodeError):
        raise Failure(f"line {rows.line_num + 1} is no line of a CSV") from None


def _line(number: int, row: dict[str | tp.Any, tp.Any]) -> Line:
    if None in row or None in row.values() or not all(row[one] for one in _REQUIRED):
        raise Failure(f"line {number} has too few or too many values")
    body: dict[str, tp.Any] = {name: value for name, value in row.items() if value}
    if "port" in body:
        if not body["port"].isascii() or not body["port"].isdigit():
            raise Failure(f"line {number}: port is no number")
        body["port"] = int(body["port"])
    return Line(number, body.pop("account").strip(), body)


def _make_accounts(session: Session, lines: list[Line]) -> None:
    """Make the accounts; those that are there stay as they are."""
    accounts = session.backend.of(nouns.OF_PLANE["account"])
    if not isinstance(accounts, resources.OfPlane):
        raise Failure("a send service has no accounts")
    for first in range(0, len(lines), _BULK):
        some = lines[first : first + _BULK]
        wanted = [
            {
                "username": one.account,
                "password": one.body["password"],
                "mailbox": True,
            }
            for one in some
        ]
        for one, result in zip(some, accounts.add_many(wanted), strict=True):
            if result["status"] >= 400 and result["status"] != _CONFLICT:
                one.problem = f"no account: {result['error']}"


def _imported(session: Session, line: Line) -> str:
    """Return what became of a row; its problem is noted."""
    try:
        imports = session.backend.of(
            nouns.OF_PLANE["mailbox_import"], {"account": line.account}
        )
        body = line.body
        for known in imports.list({}):
            if all(known[name] == body[name] for name in ("host", "username")):
                if known["state"] not in mailbox_import.ENDED:
                    return "runs already"
                again = {"password": body["password"]}
                imports.invoke(known["uuid"], "start", again)
                return f"started {known['uuid']} again"
        return f"added {imports.add(dict(body))['uuid']}"
    except Failure as failure:
        line.problem = failure.message
        return line.problem
