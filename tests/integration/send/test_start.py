# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A start that cannot succeed says why in one line, and hinders no later one."""

import os
import pathlib
import pty
import select
import shutil
import signal
import sqlite3
import subprocess
import typing as tp

import pytest

from tests.integration.send.proxy import Proxy
from tests.integration.send.service import PROGRAM, Service
from tests.integration.support import waiting

KEY = "ab" * 32
TOKEN = "exa_" + "t" * 40


def run(
    data: pathlib.Path, *options: str, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run a service that ends by itself."""
    return subprocess.run(
        [*PROGRAM, "serve", "--data", str(data), "--listen", "127.0.0.1:0", *options],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
    )


def refused(
    data: pathlib.Path, *options: str, status: int = 1, **environment: str
) -> str:
    """Return the one line of a service that cannot start."""
    found = run(data, *options, **environment)
    assert (found.returncode, found.stdout) == (status, ""), found
    assert found.stderr.startswith("exordos-mail-send: "), found
    assert found.stderr.count("\n") == 1, found
    return found.stderr


@pytest.fixture
def start() -> tp.Iterator[tp.Callable[..., Service]]:
    """Start services, and end them."""
    made: list[Service] = []

    def begin(data: pathlib.Path, *options: str, **environment: str) -> Service:
        service = Service(data, None, *options)
        made.append(service)
        return service.start(environment)

    yield begin
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The data directory of a service that has run before."""
    service = Service(tmp_path_factory.mktemp("used") / "data", None)
    service.start()
    service.stop()
    return service.data


@pytest.fixture
def data(used: pathlib.Path, tmp_path: pathlib.Path) -> pathlib.Path:
    """The same, to be damaged."""
    return pathlib.Path(shutil.copytree(used, tmp_path / "data"))


@pytest.fixture
def wide_open() -> tp.Iterator[None]:
    """Programs are started with the usual umask."""
    former = os.umask(0o022)
    yield
    os.umask(former)


def mode(path: pathlib.Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.usefixtures("wide_open")
def test_nothing_in_the_data_directory_is_open_to_others(
    tmp_path: pathlib.Path, start: tp.Callable[..., Service]
) -> None:
    data = tmp_path / "data"
    data.mkdir(0o755)
    sqlite3.connect(data / "send.sqlite3").execute("PRAGMA user_version = 0").close()
    (data / "send.sqlite3").touch()
    service = start(data)
    assert f"{data} was open to others (mode 0755)" in service.log
    assert mode(data) == 0o700
    made = {one for one in data.rglob("*") if not one.name.startswith("log.")}
    assert data / "send.sqlite3-wal" in made
    assert {one.name: mode(one) & 0o077 for one in made if mode(one) & 0o077} == {}


@pytest.mark.usefixtures("wide_open")
def test_directory_that_others_work_in_is_left_alone(tmp_path: pathlib.Path) -> None:
    (tmp_path / "shared" / "somebodys").mkdir(parents=True)
    (tmp_path / "sticky").mkdir()
    (tmp_path / "sticky").chmod(0o1777)
    for name in ("shared", "sticky"):
        before = mode(tmp_path / name)
        assert "give --data a directory of the service's own" in refused(
            tmp_path / name
        )
        assert mode(tmp_path / name) == before
        assert not list((tmp_path / name).glob("*token*"))


def test_secret_that_others_can_read_is_refused(
    data: pathlib.Path, start: tp.Callable[..., Service]
) -> None:
    wide = {"admin-token": 0o644, "metrics-token": 0o620, "secrets.key": 0o604}
    for name, others in wide.items():
        (data / name).chmod(others)
        found = refused(data)
        assert f"{data / name} must not be readable by others" in found
        assert (data / name).read_text().strip() not in found
        (data / name).chmod(0o600)
    start(data)


def test_named_file_that_others_can_read_is_refused(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "secret"
    file.write_text(TOKEN)
    file.chmod(0o644)
    control = f"--control={tmp_path / 'control.sock'}"
    for options in (
        ["--admin-token-file", str(file)],
        ["--metrics-token-file", str(file)],
        ["--secrets-key-file", str(file)],
        ["--tls-certificate", str(file), "--tls-key", str(file)],
        [control, "--smtp-user=u", "--smtp-password-file", str(file)],
    ):
        assert "must not be readable by others" in refused(tmp_path / "d", *options)
    found = refused(tmp_path / "d", "--database-file", str(file), status=2)
    assert "must not be readable by others" in found


def test_what_a_killed_start_has_left_is_removed(
    data: pathlib.Path, start: tp.Callable[..., Service]
) -> None:
    # In a container every process has the id 1.
    left = [".admin-token.1", ".secrets.key.17", ".metrics-token.0123456789abcdef"]
    for name in ("admin-token", "secrets.key"):
        (data / name).unlink()
    (data / "send.sqlite3").unlink()
    for name in left:
        (data / name).write_text("half")
    service = start(data)
    assert service.client().get("/v1/tenants")["tenants"]
    assert not [name for name in left if (data / name).exists()]


DAMAGES: list[tuple[str, bytes | None, str]] = [
    ("send.sqlite3", b"no database " * 1000, "file is not a database"),
    ("send.sqlite3", None, "unable to open database file"),
    ("secrets.key", b"not hexadecimal\n", "does not hold keys of 64 hexadecimal"),
    ("admin-token", b"\n", "does not hold a token"),
]


def test_damaged_file_is_named(
    data: pathlib.Path, start: tp.Callable[..., Service]
) -> None:
    for name, content, reason in DAMAGES:
        kept = (data / name).rename(data / "kept")
        if content is None:
            (data / name).mkdir()
        else:
            (data / name).touch(0o600)
            (data / name).write_bytes(content)
        found = refused(data)
        assert str(data / name) in found
        assert reason in found
        (data / name).rmdir() if content is None else (data / name).unlink()
        kept.rename(data / name)
    start(data)


def test_database_of_a_newer_version_or_of_another_program(
    data: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    with sqlite3.connect(data / "send.sqlite3") as base:
        base.execute("INSERT INTO schema_migrations VALUES ('9999_later.sql')")
    base.close()
    assert "9999_later.sql; run that version, or restore a backup" in refused(data)
    other = tmp_path / "other"
    other.mkdir(0o700)
    with sqlite3.connect(other / "send.sqlite3") as base:
        base.execute("CREATE TABLE tenants (id TEXT)")
    base.close()
    assert "cannot be used: table tenants already exists" in refused(other)


def test_port_in_use_and_directory_that_is_a_file(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").touch()
    assert str(tmp_path / "file") in refused(tmp_path / "file")
    service = Service(tmp_path / "one", None)
    try:
        service.start()
        port = f"--listen=127.0.0.1:{service.port}"
        assert "Address already in use" in refused(tmp_path / "two", port)
    finally:
        service.close()


def test_address_of_the_database_is_not_shown(tmp_path: pathlib.Path) -> None:
    for address in ("postgresql://u:pass word@h/x", "postgresql://u:hunter2@h/x?a=b"):
        found = refused(tmp_path / "d", "--database", address)
        assert "write postgresql://user:password@host:port/name" in found
        assert "hunter2" not in found
        assert "pass word" not in found


def test_postgresql_that_stays_away(
    proxied: str, proxy: Proxy, tmp_path: pathlib.Path
) -> None:
    proxy.down()
    found = refused(tmp_path, "--database", proxied, "--database-wait", "0", status=3)
    assert "the database is away: connection failed" in found


def test_postgresql_that_comes_later(
    proxied: str, proxy: Proxy, tmp_path: pathlib.Path
) -> None:
    proxy.down()
    service = Service(tmp_path, proxied)
    try:
        service.begin()
        waiting.until(lambda: "the start waits for it" in service.log, "the warning")
        # As the first process of a container it would hear no other signal.
        service.stop()
        assert "listening" not in service.log
        service.begin()
        proxy.up()
        service.wait()
        assert service.client().get("/v1/tenants")["tenants"]
    finally:
        service.close()


def test_admin_token_is_shown_on_a_terminal_only(tmp_path: pathlib.Path) -> None:
    shown = ""
    ours, theirs = pty.openpty()
    command = [*PROGRAM, "serve", "--data", str(tmp_path), "--listen", "127.0.0.1:0"]
    with subprocess.Popen(
        command, stdout=theirs, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    ) as process:
        os.close(theirs)
        while "data in" not in shown and select.select([ours], [], [], 60)[0]:
            shown += os.read(ours, 4096).decode()
        process.send_signal(signal.SIGTERM)
    os.close(ours)
    assert (tmp_path / "admin-token").read_text().strip() in shown


def test_secrets_of_files_and_of_the_environment(
    tmp_path: pathlib.Path, start: tp.Callable[..., Service]
) -> None:
    key = tmp_path / "key"
    key.touch(0o600)
    key.write_text(KEY)
    given = {"EXORDOS_MAIL_SEND_ADMIN_TOKEN": TOKEN}
    service = start(tmp_path / "data", "--secrets-key-file", str(key), **given)
    assert service.client(TOKEN).get("/v1/tenants")["tenants"]
    assert TOKEN not in service.log
    made = {one.name for one in (tmp_path / "data").iterdir()}
    assert made.isdisjoint({"admin-token", "secrets.key"})
    both = refused(tmp_path / "d", "--admin-token-file", str(key), **given)
    assert "give --admin-token-file or EXORDOS_MAIL_SEND_ADMIN_TOKEN, not both" in both
    absent = refused(tmp_path / "d", "--admin-token-file", str(tmp_path / "none"))
    assert f"cannot read {tmp_path / 'none'}: No such file" in absent
