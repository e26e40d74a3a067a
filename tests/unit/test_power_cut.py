# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A power cut at any moment leaves the former file or the new one, and whole."""

import os
import pathlib

import pytest

from exordos_mail.cli import contexts
from exordos_mail.dataplane.engine import files
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.send import keyfiles
from exordos_mail.standards import secret_file
from tests.unit.power_cut import Disk

OLD, NEW = "former\n", "new\n"


def test_file_of_secrets(tmp_path: pathlib.Path, monkeypatch) -> None:
    path = tmp_path / "secret"
    path.write_text(OLD)
    disk = Disk(tmp_path, monkeypatch)
    secret_file.write(path, NEW)
    assert disk.after_cuts["secret"] == {OLD.encode(), NEW.encode()}
    assert disk.kept("secret") == NEW.encode()


def test_new_file_of_secrets(tmp_path: pathlib.Path, monkeypatch) -> None:
    disk = Disk(tmp_path, monkeypatch)
    assert secret_file.create(tmp_path / "secret", NEW)
    assert disk.after_cuts["secret"] == {NEW.encode()}
    assert disk.kept("secret") == NEW.encode()


def test_key_and_token_of_the_send_service(tmp_path: pathlib.Path, monkeypatch) -> None:
    disk = Disk(tmp_path, monkeypatch)
    places = keyfiles.Places(tmp_path)
    token, _ = keyfiles.admin_token(places)
    (key,) = keyfiles.secrets_keys(places, may_make=True)
    assert disk.kept("admin-token") == f"{token}\n".encode()
    assert disk.kept("secrets.key") == f"{key.hex()}\n".encode()
    assert b"" not in disk.after_cuts["secrets.key"]


def test_contexts_of_the_command_line(tmp_path: pathlib.Path, monkeypatch) -> None:
    monkeypatch.setattr(contexts, "path", lambda: tmp_path / "contexts.json")
    known = contexts.Contexts(contexts={"a": contexts.Context("http://h", "exm_a")})
    contexts.save(known)
    disk = Disk(tmp_path, monkeypatch)
    known.contexts["b"] = contexts.Context("http://h", "exm_b")
    contexts.save(known)
    assert b"exm_b" in (disk.kept("contexts.json") or b"")
    assert all(b"exm_a" in (one or b"") for one in disk.after_cuts["contexts.json"])


@pytest.mark.parametrize("count", [1, 12])
def test_files_of_a_node(tmp_path: pathlib.Path, monkeypatch, count: int) -> None:
    user, group = os.geteuid(), os.getegid()
    layout = layout_lib.Layout(root=tmp_path)
    monkeypatch.setattr(layout_lib.Layout, "uid", lambda *_: user)
    monkeypatch.setattr(layout_lib.Layout, "gid", lambda *_: group)
    names = [f"file{number}" for number in range(count)]
    for name in names:
        (tmp_path / name).write_text(OLD)
    disk = Disk(tmp_path, monkeypatch)
    files.write_all(layout, {f"/{name}": files.File(NEW.encode()) for name in names})
    for name in names:
        assert disk.after_cuts[name] == {OLD.encode(), NEW.encode()}
        assert disk.kept(name) == NEW.encode()


def test_the_disk_forgets_what_is_not_synced(
    tmp_path: pathlib.Path, monkeypatch
) -> None:
    (tmp_path / "secret").write_text(OLD)
    disk = Disk(tmp_path, monkeypatch)
    (tmp_path / "draft").write_text(NEW)
    os.replace(tmp_path / "draft", tmp_path / "secret")
    assert disk.after_cuts["secret"] == {OLD.encode(), b""}
    assert disk.kept("secret") == OLD.encode()
