# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Contexts of the command line: whom a token is sent to, and who can read it."""

import pathlib
import re
import subprocess
import sys
import typing as tp

import click
import pytest

from exordos_mail.cli import contexts, program, text
from exordos_mail.cli.contexts import LOCAL, Context, Contexts
from exordos_mail.send import program as server
from exordos_mail.standards.program import Failure
from tests import command_line_page

PROD = Context("https://send.example.com", "exm_prod", "acme")
TEST = Context("http://127.0.0.1:9000", "exm_test")
BOTH = Contexts("prod", {"prod": PROD, "test": TEST})


@pytest.fixture(autouse=True)
def home(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "EXORDOS_MAIL_SEND_DATA"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def local_token(home: pathlib.Path) -> None:
    data = home / ".local/share/exordos-mail-send"
    data.mkdir(parents=True)
    (data / "admin-token").touch(0o600)
    (data / "admin-token").write_text("exa_local\n")


def target(
    known: Contexts,
    name: str | None = None,
    url: str | None = None,
    tenant: str | None = None,
    token: str | None = None,
) -> tuple[str, str | None, str | None]:
    return contexts.target(known, name, url, tenant, token)[:3]


def test_current_context_and_what_is_said_instead() -> None:
    assert target(BOTH) == ("https://send.example.com", "exm_prod", "acme")
    assert target(BOTH, "test") == ("http://127.0.0.1:9000", "exm_test", None)
    assert target(BOTH, tenant="beta")[2] == "beta"
    assert target(BOTH, token="exm_other")[1] == "exm_other"


def test_only_context_needs_no_choice() -> None:
    assert target(Contexts(None, {"prod": PROD}))[1] == "exm_prod"
    assert target(Contexts(None, BOTH.contexts)) == (LOCAL, None, None)


def test_token_is_sent_to_its_own_address_only(home: pathlib.Path) -> None:
    local_token(home)
    assert target(BOTH, url="https://evil.example.com")[1] is None
    assert target(BOTH, url="http://send.example.com")[1] is None
    assert target(BOTH, url="https://send.example.com/v1/")[1] == "exm_prod"


def test_service_of_this_machine_needs_no_context(
    home: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local_token(home)
    assert target(Contexts()) == (LOCAL, "exa_local", None)
    assert target(Contexts(), url="http://127.0.0.1:9000")[1] is None
    monkeypatch.setenv("EXORDOS_MAIL_SEND_DATA", str(home / "nothing"))
    assert target(Contexts()) == (LOCAL, None, None)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "send.example.com",
        "ftp://send.example.com",
        "https://",
        "https://user:secret@send.example.com",
        "https://send.example.com/other",
        "https://send.example.com:99999",
        "https://[::1",
    ],
)
def test_address_is_a_services(url: str) -> None:
    with pytest.raises(click.UsageError) as caught:
        contexts.address(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "schlüssel", "a\x1b[0m"])
def test_token_that_cannot_be_one_is_not_repeated(token: str) -> None:
    with pytest.raises(Failure) as caught:
        contexts.checked_token(token)
    assert str(caught.value).startswith("the token is not valid: ")


def test_file_is_for_its_owner_only(home: pathlib.Path) -> None:
    contexts.save(BOTH)
    file = contexts.path()
    assert file.stat().st_mode & 0o777 == 0o600
    assert contexts.load() == BOTH
    assert [one.name for one in file.parent.iterdir()] == ["contexts.json"]
    file.chmod(0o640)
    with pytest.raises(Failure, match="chmod 600"):
        contexts.load()


@pytest.mark.parametrize("text", ["", "[]", '{"contexts": {"a": {"url": 1}}}'])
def test_file_of_something_else(home: pathlib.Path, text: str) -> None:
    contexts.save(Contexts())
    contexts.path().write_text(text)
    with pytest.raises(Failure, match="does not hold contexts"):
        contexts.load()


def test_context_that_is_not_there() -> None:
    with pytest.raises(Failure, match="no context is called other"):
        target(BOTH, "other")


def test_a_command_is_found_by_its_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    contexts.save(BOTH)
    monkeypatch.setattr(sys, "argv", ["program", "contexts", "current"])
    assert program.main() == 0
    assert capsys.readouterr().out == "prod/acme\n"
    monkeypatch.setattr(sys, "argv", ["program", "serve"])
    assert program.main() == 2
    assert "No such command 'serve'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("main", "group"), [(program.main, program.mail), (server.main, server.send)]
)
def test_every_command_has_its_help(
    main: tp.Callable[[], int],
    group: click.Group,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def walk(command: click.Command, *path: str) -> None:
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None
                walk(found, *path, name)
        assert command.help, path
        monkeypatch.setattr(sys, "argv", ["program", *path, "--help"])
        assert main() == 0
        shown = capsys.readouterr().out
        # What could put a secret into the process list.
        assert not re.search(r"--(token|password|secret|key) ", shown), path

    walk(group)


def test_page_has_every_command_and_every_option() -> None:
    """If this fails: `make openapi`."""
    assert command_line_page.PAGE.read_text() == command_line_page.page()


DOCUMENTS = [
    *(command_line_page.ROOT / "docs").rglob("*.md"),
    *(command_line_page.ROOT / "examples").iterdir(),
    command_line_page.ROOT / "README.md",
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_no_other_commands_and_options(document: pathlib.Path) -> None:
    assert command_line_page.mistakes(document.read_text()) == []


def test_mistakes_in_a_document_are_found() -> None:
    text = "`exordos-mail tenants add acme --per-hour 5 --oops`\nexordos-mail nothing x"
    assert command_line_page.mistakes(text) == [
        "no such option: --oops of tenants add",
        "no such command: nothing x",
    ]


def test_a_list_of_commands_shows_what_each_does_in_full() -> None:
    def walk(group: click.Group) -> tp.Iterator[str]:
        context = click.Context(group, info_name="exordos-mail")
        yield group.get_help(context)
        for name in group.list_commands(context):
            found = group.get_command(context, name)
            if isinstance(found, click.Group):
                yield from walk(found)

    for shown in walk(program.mail):
        assert "..." not in shown.partition("Commands:")[2]


def test_help_needs_nothing_that_makes_requests() -> None:
    """It is most of what a start takes."""
    code = (
        "import sys\n"
        "from exordos_mail.cli import program\n"
        "sys.argv = ['exordos-mail', 'relays', 'add', '--help']\n"
        "assert program.main() == 0\n"
        "sys.exit(str({'httpx', 'cryptography', 'psycopg'} & {*sys.modules}))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60
    )
    assert found.stderr == "set()\n"


def test_table_has_one_line_a_row_and_no_control_characters() -> None:
    rows = [
        {"id": "1", "subject": "two\nlines \x1b[2J", "final": None, "more": 1},
        {"id": "22", "subject": "", "final": True},
    ]
    assert text.table(rows, ("id", "final", "subject")) == [
        "ID  FINAL  SUBJECT",
        "1   -      two lines  [2J",
        "22  yes",
    ]
    assert text.table([], ("id",)) == ["ID"]
    assert text.members({"id": "1", "limits": {"day": 5}}) == [
        "id      1",
        'limits  {"day": 5}',
    ]
