# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Files of a node are written whole, with their owner and mode, or not at all."""

import os
import pathlib

import pytest

from exordos_mail.dataplane.engine import files
from exordos_mail.dataplane.engine import layout as layout_lib


@pytest.fixture
def layout(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> layout_lib.Layout:
    """Return a node below a directory, whose every user is who runs the tests."""
    user, group = os.geteuid(), os.getegid()
    monkeypatch.setattr(layout_lib.Layout, "uid", lambda *_: user)
    monkeypatch.setattr(layout_lib.Layout, "gid", lambda *_: group)
    return layout_lib.Layout(root=tmp_path)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
@pytest.mark.parametrize("count", [1, 12])
def test_file_has_its_mode(layout: layout_lib.Layout, mode: int, count: int) -> None:
    wanted = {f"/etc/x/{n}": files.File(b"text", mode=mode) for n in range(count)}
    files.write_all(layout, wanted)
    for path, file in wanted.items():
        assert layout.disk(path).stat().st_mode & 0o7777 == mode
        assert files.is_in_place(layout, path, file)
    assert len(list(layout.disk("/etc/x").iterdir())) == count


@pytest.mark.parametrize(
    "other",
    [files.File(b"Text"), files.File(b"text\n"), files.File(b"text", mode=0o600)],
)
def test_another_file_is_not_in_place(
    layout: layout_lib.Layout, other: files.File
) -> None:
    file = files.File(b"text")
    assert not files.is_in_place(layout, "/x", file)
    files.write(layout, "/x", other)
    assert not files.is_in_place(layout, "/x", file)
    files.write(layout, "/x", file)
    assert files.is_in_place(layout, "/x", file)


def test_link_is_replaced_and_what_it_points_to_stays(
    layout: layout_lib.Layout,
) -> None:
    target = layout.disk("/target")
    target.write_text("of somebody else")
    layout.disk("/x").symlink_to(target)
    layout.disk("/.x.new").symlink_to(target)
    files.write(layout, "/x", files.File(b"text"))
    assert not layout.disk("/x").is_symlink()
    assert target.read_text() == "of somebody else"


def test_directory_in_the_place_of_a_file_goes(layout: layout_lib.Layout) -> None:
    outside = layout.disk("/outside")
    outside.mkdir()
    (outside / "kept").write_text("")
    (layout.disk("/x") / "deep").mkdir(parents=True)
    (layout.disk("/x") / "link").symlink_to(outside)
    files.write(layout, "/x", files.File(b"text"))
    assert layout.disk("/x").read_bytes() == b"text"
    assert (outside / "kept").exists()


def test_removed_with_what_a_killed_write_has_left(layout: layout_lib.Layout) -> None:
    for name in ("/x", "/.x.new"):
        layout.disk(name).write_text("secret")
    files.remove(layout.disk("/x"))
    files.remove(layout.disk("/x"))
    assert list(layout.disk("/").iterdir()) == []
