# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How runs of imports are written down."""

import os
import pathlib

import pytest

from exordos_mail.dataplane.engine import files
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.imports import job, results

UUID = "5b0dbd0a-5b7e-4c54-8a31-8ed8e4b2a2a1"
JOB = job.Job(
    login="ann@example.com",
    mailbox=UUID,
    host="old.example.net",
    port=993,
    tls="implicit",
    ca=None,
    username="ann",
    password="of the source",
    folders=None,
    exclude=[],
    dry_run=False,
    run=3,
    stopped=False,
)


@pytest.fixture
def layout(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> layout_lib.Layout:
    """Return a node below a directory, whose every user is who runs the tests."""
    user, group = os.geteuid(), os.getegid()
    monkeypatch.setattr(layout_lib.Layout, "uid", lambda *_: user)
    monkeypatch.setattr(layout_lib.Layout, "gid", lambda *_: group)
    return layout_lib.Layout(root=tmp_path)


def test_a_result_is_kept_without_the_password_and_for_root_only(
    layout: layout_lib.Layout,
) -> None:
    kept = results.Results(layout)
    kept.keep(UUID, results.Result(JOB, results.DONE, said={"folders": 2}))
    (found,) = kept.all().values()
    assert (found.job.run, found.job.password, found.state) == (3, None, "done")
    assert found.facts()["folders"] == 2
    (path,) = layout.disk(layout.state_dir).rglob("*.json")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parents[1].stat().st_mode & 0o777 == 0o700
    assert b"of the source" not in path.read_bytes()


def test_what_a_crash_has_left_is_no_result_and_does_not_matter(
    layout: layout_lib.Layout,
) -> None:
    kept = results.Results(layout)
    kept.keep(UUID, results.Result(JOB, results.FAILED, "why"))
    (path,) = layout.disk(layout.state_dir).rglob("*.json")
    path.write_text("{")
    files.temporary_of(path).write_text("half")
    assert kept.all() == {}
    kept.keep(UUID, results.Result(JOB, results.STOPPED))
    assert [one.state for one in kept.all().values()] == ["stopped"]
    files.temporary_of(path).write_text("half")
    kept.forget(UUID)
    assert list(path.parent.iterdir()) == []
