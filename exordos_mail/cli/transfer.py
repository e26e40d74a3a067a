# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`export` and `replay`: the configuration of one service into another one.

A file has one command a line, as JSON. Secrets are not in it: `***` stands for
each. Put them in by hand, or leave them out and set them afterwards.
"""

import json
import typing as tp

import click

from exordos_mail.cli import text
from exordos_mail.cli.api import Api
from exordos_mail.cli.connection import Answer
from exordos_mail.cli.secret_input import check_members
from exordos_mail.cli.session import Session, connected
from exordos_mail.send.commands import masking
from exordos_mail.standards.program import Failure, Unavailable

#: Members that mean nothing without a secret.
_GO_WITH = {
    "password": {"username"},
    "callback_secret": {"callback_auth", "callback_username"},
}
Step = dict[str, tp.Any]


@click.command("export")
@click.option("--incomplete", is_flag=True, help="Even if commands are missing.")
@connected
def export_command(session: Session, incomplete: bool) -> None:
    """Print the commands that made the configuration."""
    path = "/v1/commands/export"
    answer = session.api.call("GET", path, {"limit": "1"}, of_tenant=False)
    missing = answer.get("missing_before")
    if missing is not None and not incomplete:
        raise Failure(
            f"the log has no commands from before {missing}, so it does not lead to the"
            " present configuration: use `state export` on the machine of the service,"
            " or --incomplete"
        )
    for step in session.api.pages(path, "commands", of_tenant=False):
        click.echo(json.dumps(step))


@click.command("replay")
@click.argument("file", type=click.File("r"))
@click.option(
    "--without-secrets", is_flag=True, help="Leave out secrets that are masked (***)."
)
@connected
def replay_command(session: Session, file: tp.TextIO, without_secrets: bool) -> None:
    """Replay the commands of a file in an empty service."""
    failures = 0
    steps = read(file.read(), without_secrets)
    check_members(file, [step.get("request") for step in steps])
    for step, answer in replay(session.api, steps):
        what = f"{step['method']} {step['path']}"
        if isinstance(answer, Failure):
            failures += 1
            click.echo(text.plain(f"{what}: {answer.message}"), err=True)
        elif "key" in answer:
            # Only its hash was kept, so it is another one.
            shown = text.plain(f"{what}: {answer['name']}")
            click.echo(f"{shown}: {answer['key']}")
    if failures:
        raise Failure(f"{failures} commands were refused")


def read(given: str, without_secrets: bool) -> list[Step]:
    """Return the commands of a file.

    Raises:
        Failure: a line is no command, or has a mask.
    """
    steps = []
    open_masks = []
    for number, line in enumerate(given.splitlines(), 1):
        if not line.strip():
            continue
        try:
            step = json.loads(line)
            where = f"line {number}: {step['method']} {step['path']}"
            request = step.get("request") or {}
            masks = list(masking.masked(request))
            # An address instead of a path would get the token.
            if not isinstance(request, dict) or not step["path"].startswith("/v1/"):
                raise ValueError
        except (ValueError, TypeError, KeyError, AttributeError):
            raise Failure(f"line {number} is not a command") from None
        open_masks += [f"{where}: {mask}" for mask in masks]
        if masks:
            step["request"] = _without(request)
        steps.append(step)
    if open_masks and not without_secrets:
        shown = "; ".join(open_masks)
        raise Failure(
            "these secrets are not in the file: put them in, or leave them out with"
            f" --without-secrets: {shown}"
        )
    for one in open_masks:
        click.echo(f"left out: {one}", err=True)
    return steps


def replay(api: Api, steps: list[Step]) -> tp.Iterator[tuple[Step, Answer | Failure]]:
    """Make each command again; yield it with what came of it.

    Raises:
        Unavailable: the service is away.
    """
    ids: dict[str, str] = {}
    for step in steps:
        path = step["path"]
        for old, new in ids.items():
            path = path.replace(old, new)
        body = step.get("request")
        try:
            answer = api.call(step["method"], path, body=body, of_tenant=False)
        except Unavailable:
            raise
        except Failure as failure:
            yield step, failure
            continue
        before, after = (step.get("result") or {}).get("id"), answer.get("id")
        if before and after and before != after:
            ids[before] = after
        yield step, answer


def _without(request: Step) -> Step:
    """Leave out the members that have a mask, and what makes no sense then."""
    masked = {name for name, value in request.items() if masking.is_masked(value)}
    masked = masked.union(*(_GO_WITH.get(name, ()) for name in masked))
    return {name: value for name, value in request.items() if name not in masked}
