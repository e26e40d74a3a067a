# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Files of secrets: who may read them, what may be in them, where they come from."""

import os
import pathlib
import threading

import pytest

from exordos_mail.send import keyfiles
from exordos_mail.standards import secret_file
from exordos_mail.standards.secret_file import SecretFileError

KEYS = ("ab" * 32, "cd" * 32)


def _file(path: pathlib.Path, content: bytes, mode: int = 0o600) -> pathlib.Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o620, 0o604, 0o602, 0o610])
def test_file_that_others_can_read_or_change_is_refused(
    tmp_path: pathlib.Path, mode: int
) -> None:
    file = _file(tmp_path / "secret", b"hunter2", mode)
    with pytest.raises(SecretFileError, match=f"its mode is {mode:04o}") as error:
        secret_file.read(file)
    assert "hunter2" not in str(error.value)
    # The name of a closed directory does not help: the file may be linked elsewhere.
    link = tmp_path / "link"
    link.symlink_to(file)
    with pytest.raises(SecretFileError):
        secret_file.read(link)


def test_systems_file_for_a_service_may_be_read_by_its_group(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _file(tmp_path / "secret", b"hunter2", 0o640)
    owner = file.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    if owner == 0:
        assert secret_file.read(file) == "hunter2"
    else:
        with pytest.raises(SecretFileError):
            secret_file.read(file)


def test_runtime_of_a_container_chooses_the_mode(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "..data").mkdir()
    _file(tmp_path / "..data" / "secret", b"hunter2", 0o444)
    # As Kubernetes does it.
    link = tmp_path / "secret"
    link.symlink_to("..data/secret")
    with pytest.raises(SecretFileError):
        secret_file.read(link)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert secret_file.read(link) == "hunter2"
    (tmp_path / "..data" / "secret").chmod(0o646)
    with pytest.raises(SecretFileError):
        secret_file.read(link)
    for name, there in (
        ("/run/secrets/a", True),
        ("/var/run/secrets/b/c", True),
        ("/run/secrets/../a", False),
        ("/run/secretsa/b", False),
    ):
        assert secret_file.is_of_runtime(pathlib.Path(name)) is there


def test_pipe_is_not_judged(tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o644)
    # A FIFO that nobody writes to does not stop the program.
    assert secret_file.read(tmp_path / "pipe") == ""
    ours, theirs = os.pipe()
    os.write(theirs, b"hunter2")
    os.close(theirs)
    assert secret_file.read(pathlib.Path(f"/proc/self/fd/{ours}")) == "hunter2"
    os.close(ours)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "does not hold keys"),
        (KEYS[0][:-1].encode(), "does not hold keys"),
        (KEYS[0].encode() + b"00", "does not hold keys"),
        (("é" * 64).encode(), "does not hold keys"),
        ("\u0661".encode() * 64, "does not hold keys"),
        ("\n".join([KEYS[0]] * 11).encode(), "does not hold keys"),
        (b"\xff\xfe", "does not hold UTF-8 text"),
        (b"a" * 10**6, "is larger than"),
    ],
)
def test_key_file_with_something_else_is_named(
    tmp_path: pathlib.Path, content: bytes, reason: str
) -> None:
    file = _file(tmp_path / "secrets.key", content)
    with pytest.raises(ValueError, match=reason) as error:
        keyfiles.secrets_keys(keyfiles.Places(tmp_path), may_make=True)
    assert str(file) in str(error.value)
    assert file.read_bytes() == content


def test_first_key_is_the_one_that_seals(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = keyfiles.Places(tmp_path)
    _file(tmp_path / "secrets.key", "\n".join((*KEYS, KEYS[0].upper())).encode())
    expected = tuple(map(bytes.fromhex, KEYS))
    assert keyfiles.secrets_keys(places, may_make=False) == expected
    monkeypatch.setenv("EXORDOS_MAIL_SEND_SECRETS_KEY", " ".join(reversed(KEYS)))
    assert keyfiles.secrets_keys(places, may_make=False) == expected[::-1]
    # An empty variable is one that is not set, as Compose makes it.
    monkeypatch.setenv("EXORDOS_MAIL_SEND_SECRETS_KEY", "")
    assert keyfiles.secrets_keys(places, may_make=False) == expected


def test_no_key_is_made_where_none_may_be(tmp_path: pathlib.Path) -> None:
    with pytest.raises(keyfiles.NoKey):
        keyfiles.secrets_keys(keyfiles.Places(tmp_path), may_make=False)
    named = keyfiles.Places(tmp_path, {"secrets-key": tmp_path / "elsewhere"})
    with pytest.raises(SecretFileError, match="elsewhere: No such file"):
        keyfiles.secrets_keys(named, may_make=True)
    assert list(tmp_path.iterdir()) == []


def test_processes_that_start_together_agree(tmp_path: pathlib.Path) -> None:
    found: set[str] = set()

    def start() -> None:
        places = keyfiles.Places(tmp_path)
        keyfiles.prepare(places)
        found.add(keyfiles.admin_token(places)[0])

    threads = [threading.Thread(target=start) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {(tmp_path / "admin-token").read_text().strip()}
    assert [one.name for one in tmp_path.iterdir()] == ["admin-token"]
