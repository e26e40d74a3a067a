# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Commands that are made from the table: of a noun that nobody has written code for."""

import collections.abc as abc
import http.server
import json
import os
import pathlib
import pty
import subprocess
import sys
import threading
import typing as tp
import urllib.parse

import pytest

from exordos_mail.cli import contexts, nouns, options, program, table
from exordos_mail.cli.contexts import Context, Contexts, Instance
from exordos_mail.cli.members import Member
from exordos_mail.schema import catalogue
from exordos_mail.schema.action import Action
from exordos_mail.schema.field import Access, Field, Kind
from exordos_mail.schema.noun import Noun
from exordos_mail.standards.program import Failure

UUID = "01a00000-0000-4000-8000-000000000000"
TOY = Noun(
    "toy",
    "toys",
    "What children play with.",
    (
        Field("name", Kind.TEXT, "What it is called.", "bear"),
        Field("colour", Kind.WORD, "What it looks like.", "red", words=("red", "blue")),
        Field("size", Kind.INTEGER, "In cm; null: unknown.", 3, most=9, nullable=True),
        Field("on", Kind.FLAG, "Whether it moves.", True, default=False),
        Field(
            "code",
            Kind.TEXT,
            "Starts it.",
            "1234",
            access=Access.WRITE_ONLY,
            secret=True,
        ),
        Field(
            "maker",
            Kind.LINE,
            "Who made it.",
            "Steiff",
            default="",
            access=Access.SET_ONCE,
        ),
        Field(
            "parts", Kind.WORDS, "What it has.", ["ear"], ("ear",), words=("ear", "eye")
        ),
        Field("lost_at", Kind.MOMENT, "When it went.", None, nullable=True),
        Field("price", Kind.OWN, "What it costs.", 1, access=Access.READ_ONLY),
    ),
    below="instance",
    key="name",
    listed=("name", "colour", "size"),
)
TOYS = table.of_noun(nouns.of_schema(TOY))["toys"]
#: Of a toy, two levels below an instance, and a third.
WHEEL = Noun(
    "wheel_hub",
    "wheel_hubs",
    "What a toy rolls on.",
    (Field("name", Kind.TEXT, "Where it is.", "left"),),
    below="toy",
    key="name",
    own_actions=(
        Action(
            "turn_round",
            "Turn it.",
            (Field("times", Kind.INTEGER, "How often.", 2, default=1, most=9),),
        ),
    ),
)
SPOKE = Noun(
    "spoke",
    "spokes",
    "What holds a wheel.",
    (Field("name", Kind.TEXT, "Which one.", "first"),),
    below="wheel_hub",
    key="name",
)


class Toys(http.server.BaseHTTPRequestHandler):
    """A control plane that has toys of an instance."""

    rows: tp.ClassVar[dict[str, dict[str, tp.Any]]] = {}
    asked: tp.ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """List what the query finds."""
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        wanted = {name: query[name] for name in ("name", "uuid") if name in query}
        self._answer(
            [row for row in self.rows.values() if wanted.items() <= row.items()]
        )

    def do_POST(self) -> None:
        """Make one."""
        row = {"uuid": UUID, **self._body()}
        self.rows[UUID] = row
        self._answer(row)

    def do_PATCH(self) -> None:
        """Change one."""
        row = self.rows[self.path.rpartition("/")[2]]
        row.update(self._body())
        self._answer(row)

    def do_DELETE(self) -> None:
        """Remove one."""
        del self.rows[self.path.rpartition("/")[2]]
        self._answer(None)

    def _body(self) -> dict[str, tp.Any]:
        found: dict[str, tp.Any] = json.loads(
            self.rfile.read(int(self.headers["content-length"]))
        )
        return found

    def _answer(self, found: object) -> None:
        self.asked.append(f"{self.command} {self.path.partition('?')[0]}")
        body = b"" if found is None else json.dumps(found).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def plane(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> abc.Iterator[type[Toys]]:
    """Serve toys; the current context is of an instance there."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Toys)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    url = f"http://127.0.0.1:{server.server_port}"
    here = Context(url, "token", instance=Instance(UUID))
    contexts.save(Contexts("here", {"here": here}))
    Toys.rows.clear()
    Toys.asked.clear()
    try:
        yield Toys
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> tp.Callable[..., tuple[int, str]]:
    """Run the program as it is typed; return its status and what it printed."""

    def found(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["exordos-mail", *arguments])
        status = program.main()
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    return found


Run = tp.Callable[..., tuple[int, str]]


def test_a_toy_has_all_commands_by_its_row(
    plane: type[Toys], run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    monkeypatch.setitem(table.COMMANDS, "toys", TOYS)
    code = tmp_path / "code"
    code.touch(0o600)
    code.write_text("1234\n")
    given = ["--colour", "red", "--size", "0", "--code-file", str(code)]
    given += ["--parts", "ear", "--parts", "eye", "--maker", "Steiff", "--lost-at", ""]
    assert run("toys", "add", "bear", *given)[0] == 0
    made = {"uuid": UUID, "name": "bear", "colour": "red", "size": None}
    made |= {"parts": ["ear", "eye"], "maker": "Steiff", "lost_at": None}
    assert plane.rows[UUID] == {**made, "code": "1234"}
    assert run("toys", "change", "bear", "--no-on", "--size", "3")[0] == 0
    assert (plane.rows[UUID]["size"], plane.rows[UUID]["on"]) == (3, False)
    assert run("toys", "change", "bear", "--maker", "Lego")[0] == 2
    shown = run("toys", "list")[1]
    assert [line.split() for line in shown.splitlines()] == [
        ["NAME", "COLOUR", "SIZE"],
        ["bear", "red", "3"],
    ]
    shown = run("toys", "show", UUID, "--json")[1]
    assert json.loads(shown)["colour"] == "red"
    assert run("toys", "remove", "bear") == (0, "removed bear\n")
    assert plane.rows == {}
    path = f"/v1/types/mail/instances/{UUID}/toys/"
    assert plane.asked[0] == f"POST {path}"
    assert plane.asked[-1] == f"DELETE {path}{UUID}"


def test_what_is_below_a_toy_says_of_which_by_options(
    plane: type[Toys], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = catalogue.nouns()
    three = {one.name: one for one in (TOY, WHEEL, SPOKE)}
    monkeypatch.setattr(catalogue, "nouns", lambda: {**known, **three})
    for name, noun in three.items():
        made = nouns.of_schema(noun)
        monkeypatch.setitem(nouns.OF_PLANE, name, made)
        monkeypatch.setitem(table.COMMANDS, made.name, table.of_noun(made)[made.name])
    plane.rows[UUID] = {"uuid": UUID, "name": "bear"}
    assert run("wheel-hubs", "list", "--toy", "bear")[0] == 0
    toys = f"/v1/types/mail/instances/{UUID}/toys/"
    wheels = f"{toys}{UUID}/wheel_hubs/"
    assert plane.asked == [f"GET {toys}", f"GET {wheels}"]
    assert run("wheel-hubs", "list")[0] == 2
    assert "no such toy: ball" in run("wheel-hubs", "list", "--toy", "ball")[1]
    status, said = run("spokes", "show", UUID, "--toy", UUID, "--wheel-hub", UUID)
    assert status == 0, said
    assert plane.asked[-1] == f"GET {wheels}{UUID}/spokes/"
    plane.asked.clear()
    turn = ["wheel-hubs", "turn-round", UUID, "--toy", "bear", "--times", "3"]
    assert run(*turn)[0] == 0
    assert plane.asked[-1] == f"POST {wheels}{UUID}/actions/turn_round/invoke"
    assert plane.rows[UUID]["times"] == 3
    assert run(*turn[:-1], "10")[0] == 2


def test_what_is_called_like_a_uuid_is_found_by_its_name(
    plane: type[Toys], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(table.COMMANDS, "toys", TOYS)
    name = UUID.replace("01", "99")
    plane.rows[UUID] = {"uuid": UUID, "name": name, "colour": "red"}
    assert json.loads(run("toys", "show", name, "--json")[1])["uuid"] == UUID
    assert run("toys", "show", "")[0] == 1


def test_every_noun_of_the_schema_has_its_commands() -> None:
    made = [one.noun for one in table.COMMANDS.values() if isinstance(one, table.Group)]
    for name, noun in catalogue.nouns().items():
        assert nouns.OF_PLANE[name] in made
        readable = [one.name for one in noun.fields]
        assert set(nouns.OF_PLANE[name].columns) - {"id"} <= {
            *readable,
            *("uuid", "created_at", "managed", "source", "revoked_at", "public_only"),
            "test",
        }


def test_help_says_what_only_one_of_the_apis_has(run: Run) -> None:
    shown = " ".join(run("relays", "add", "--help")[1].split())
    assert "--description TEXT Anything, one line. On an instance only." in shown
    assert "the admin may decide. On a send service only." in shown
    assert shown.count(" only.") == 4


def test_a_toys_options_are_its_fields(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(table.COMMANDS, "toys", TOYS)
    shown = " ".join(run("toys", "add", "--help")[1].split())
    assert "--colour [red|blue] What it looks like. [required]" in shown
    assert "--size NUMBER In cm; 0: unknown. [0<=x<=9]" in shown
    assert "--on / --no-on Whether it moves." in shown
    assert "--code-file FILENAME" in shown
    assert "--code " not in shown
    assert "--price" not in shown
    status, said = run("toys", "add", "bear", "--size", "2")
    assert (status, said.count("\n")) == (2, 1)
    assert "Missing option '--colour'" in said
    assert run("toys", "add", "bear", "--colour", "red", "--size", "10")[0] == 2
    assert run("toys", "add", "bear", "--colour", "green")[0] == 2


@pytest.mark.parametrize(
    ("typed", "status", "left"), [("bear", 0, 0), (UUID, 1, 1), ("", 1, 1)]
)
def test_what_takes_more_with_it_is_removed_when_its_name_is_typed(
    plane: type[Toys], tmp_path: pathlib.Path, typed: str, status: int, left: int
) -> None:
    """Instances stand for all that has `loses`: run in a terminal of its own."""
    plane.rows[UUID] = {"uuid": UUID, "domain": "bear"}
    terminal, inside = pty.openpty()
    os.write(terminal, f"{typed}\n\x04".encode())
    found = subprocess.run(
        [sys.executable, "-m", "exordos_mail.cli.program", "instances", "remove", UUID],
        stdin=inside,
        capture_output=True,
        text=True,
        timeout=60,
    )
    os.close(inside)
    os.close(terminal)
    assert (found.returncode == 0, len(plane.rows)) == (status == 0, left), found
    assert nouns.OF_PLANE["instance"].loses in found.stderr
    assert "Type its name" in found.stderr


def test_nothing_is_removed_where_nobody_can_be_asked(
    plane: type[Toys], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    plane.rows[UUID] = {"uuid": UUID, "domain": "bear"}
    with open(os.devnull) as nobody:
        monkeypatch.setattr(sys, "stdin", nobody)
        status, shown = run("instances", "remove", "bear")
    assert (status, "--force" in shown, len(plane.rows)) == (1, True, 1)
    assert run("instances", "remove", "bear", "--force")[0] == 0
    assert plane.rows == {}


def test_members_from_a_file_and_from_options(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "more"
    file.touch(0o600)
    file.write_text('{"a": 1, "password": "p"}')
    members = (
        Member("a", ""),
        Member("b", "", many=True),
        Member("c", "", nullable=True),
        Member("password", "", "secret", required=True),
    )
    given = {"a": None, "b": ("x", "y"), "c": "", "password": None}
    with file.open() as data:
        found = options.body(members, given, data, adding=True)
    assert found == {"a": 1, "password": "p", "b": ["x", "y"], "c": None}
    file.write_text("[1]")
    with file.open() as data, pytest.raises(Failure, match="not hold a JSON object"):
        options.body(members, given, data)


def test_a_secret_is_never_an_option() -> None:
    for row in table.COMMANDS.values():
        if isinstance(row, table.Group) and row.noun is not None:
            for one in row.noun.members:
                if one.type == "secret":
                    assert one.flags.endswith("-file")


def test_a_verb_says_what_it_needs(plane: type[Toys], run: Run) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("EXORDOS_MAIL_URL", "http://127.0.0.1:9")
        patched.setenv("EXORDOS_MAIL_TOKEN", "exa_token")
        status, shown = run("messages", "reschedule", "1")
        assert (status, shown.strip()) == (
            2,
            "exordos-mail: give --at, --expires or --priority",
        )
        both = ["--since", "2026-01-01T00:00:00Z", "--from", "1"]
        assert run("webhook", "replay", *both)[0] == 2
