# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The page for those who come from other commands: each line of it can be typed."""

import io
import pathlib
import re
import shlex

import click
import pytest

from exordos_mail.cli import program

PAGE = pathlib.Path(__file__).parents[2] / "docs/howto/commands-of-netserva.md"
TEXT = PAGE.read_text()
LINES = re.findall(r"^exordos-mail (.+)$", TEXT, re.MULTILINE)
THEIRS = [
    *("addvmail", "shvmail", "chvmail", "delvmail"),
    *("addvalias", "shvalias", "chvalias", "delvalias"),
    *("mail:test-smtp", "mail:configure-dkim"),
]


def parsed(line: str) -> click.Context:
    """Return the context of the command that a line names, its options read."""
    command: click.Command = program.mail
    words = shlex.split(line)
    context = click.Context(command)
    while isinstance(command, click.Group):
        name = words.pop(0)
        found = command.get_command(context, name)
        assert found is not None, name
        command = found
        if not isinstance(command, click.Group):
            return command.make_context(name, words)
        context = click.Context(command, context, name)
    raise AssertionError(line)


@pytest.mark.parametrize("line", LINES)
def test_each_line_can_be_typed(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("secret\n"))
    with parsed(line) as context:
        assert context.params


def test_the_page_has_all_of_their_commands() -> None:
    table = re.findall(r"^\| `([a-z:-]+)` \| (.+) \|$", TEXT, re.MULTILINE)
    assert [theirs for theirs, _ in table] == THEIRS
    typed = {" ".join(line.split()[:2]) for line in LINES}
    for theirs, ours in table:
        assert f"`{theirs}`" in TEXT.split("## ", 1)[1]
        for one in re.findall("`([^`]+)`", ours):
            assert any(line.startswith(one) for line in typed), one


def test_a_line_that_cannot_be_typed_is_found() -> None:
    for line in ("aliases add a@example.com", "aliases change a --nothing"):
        with pytest.raises(click.UsageError):
            parsed(line)
