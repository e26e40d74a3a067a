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

"""How a command fails: one line, and an exit status."""

import click
import msgspec

from exordos_mail.send.cli import text

#: Refused, or not possible as asked.
REFUSED = 1
#: No answer, or an error of the service: try again later.
UNAVAILABLE = 3
PROGRAM = "exordos-mail-send"


class Failure(click.ClickException):
    """Ends the command; the text is for people, and has no secret in it."""

    def __init__(self, message: str, status: int = REFUSED) -> None:
        super().__init__(message)
        # click gives it a default in the class
        self.exit_code = status  # type: ignore[misc]


def report(message: str) -> None:
    """Write a line to standard error."""
    click.echo(f"{PROGRAM}: {text.plain(message)}", err=True)


class _Field(msgspec.Struct):
    field: str
    message: str


class _Problem(msgspec.Struct):
    """What the service answers from 400 on (api/problem.py)."""

    detail: str
    code: str
    errors: list[_Field] = []


def of_answer(status: int, body: bytes) -> Failure:
    """Return the failure of an answer that is no success."""
    exit_code = UNAVAILABLE if status >= 500 else REFUSED
    try:
        problem = msgspec.json.decode(body, type=_Problem)
    except msgspec.DecodeError:
        return Failure(f"the service answered {status}", exit_code)
    parts = [f"{problem.detail} ({status} {problem.code})"]
    parts += [f"{error.field}: {error.message}" for error in problem.errors]
    return Failure("; ".join(parts), exit_code)
