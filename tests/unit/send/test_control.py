# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""The control socket's parts that need no process."""

import json
import pathlib
import typing as tp

import pytest

from exordos_mail.send import settings
from exordos_mail.send.api import routes as public
from exordos_mail.send.api.problem import Problem
from exordos_mail.send.api.route import Access, Logged
from exordos_mail.send.managed import document, node_server
from exordos_mail.send.managed.handlers import Handlers
from exordos_mail.send.managed.node_server import NodeServer
from tests.integration.send import managed
from tests.unit.send.chosen import chosen


def read(**given: str) -> settings.Settings:
    """Return the settings of some options; the others have their defaults."""
    return chosen(*(f"--{name.replace('_', '-')}={one}" for name, one in given.items()))


@pytest.mark.parametrize(
    "given",
    [
        {"control": "/c", "smtp_user": "send"},
        {"control": "/c", "smtp_password_file": "/p"},
        {"smtp_user": "send", "smtp_password_file": "/p"},
        {"tls_certificate": "/c"},
        {"tls_key": "/k"},
    ],
)
def test_options_that_do_not_go_together(given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"^--(smtp-user|tls-certificate)"):
        read(**given)


def test_without_options_nothing_is_managed() -> None:
    found = read()
    assert (found.control, found.smtp_login, found.tls) == (None, None, None)


def test_node_server_is_read_and_shows_no_password(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "password"
    file.touch(0o600)
    file.write_text("hunter2\n")
    given = {"control": "/c", "smtp_user": "send", "smtp_password_file": str(file)}
    found = node_server.read(read(**given, smtp="127.0.0.1:10025"))
    assert found == NodeServer("127.0.0.1", 10025, "send", "hunter2")
    assert "hunter2" not in repr(found)
    file.write_text("\n")
    with pytest.raises(ValueError, match="is empty"):
        node_server.read(read(**given))


def test_public_routes_are_not_opened_by_a_socket() -> None:
    assert not [row.path for row in public.TABLE if row.access is Access.CONTROL]


def test_routes_of_the_socket_are_its_own_and_are_not_replayed() -> None:
    table = Handlers(NodeServer("127.0.0.1", 25), None).table()
    assert {row.access for row in table} == {Access.CONTROL}
    assert not [row.path for row in table if row.logged is Logged.REPLAYABLE]
    assert not {row.path for row in table} & {row.path for row in public.TABLE}


def test_document_shows_no_secret() -> None:
    given = managed.document(
        relays=[managed.relay("own", 25, username="a", password="hunter2")],
        callback_secret="hunter2",
    )
    found = document.decode(json.dumps(given).encode())
    assert found.relays[0].password == "hunter2"
    assert "hunter2" not in repr(found) + repr(found.relays)


@pytest.mark.parametrize("member", ["api_keys", "relays", "suppressions"])
def test_document_has_a_bound(member: str) -> None:
    makers: dict[str, tp.Callable[[int], dict[str, tp.Any]]] = {
        "api_keys": lambda number: managed.api_key(f"exm_{number}"),
        "relays": lambda number: managed.relay(f"a{number}", 25),
        "suppressions": lambda number: managed.suppression(f"r{number}@example.net"),
    }
    most = 10_000 if member == "suppressions" else 100
    full = managed.document(**{member: [makers[member](n) for n in range(most)]})
    document.decode(json.dumps(full).encode())
    full[member].append(makers[member](most))
    with pytest.raises(Problem) as found:
        document.decode(json.dumps(full).encode())
    assert found.value.errors[0].field == member
