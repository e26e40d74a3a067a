# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Releases of the element, built by the platform's own command.

    sources -> `exordos build` -> directory "exordos-elements" -> repository

A release is built from a copy of its sources with a git repository of its own,
because the command takes the element's version from git: from the tag.
"""

import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import typing as tp

from tests import history

REPO = history.REPO
FILES = REPO / "tests/install/files"
ELEMENTS = "exordos-elements"
NAME = "mailaas"

_VERSION = re.compile(r'^version = "(.*)"$', re.MULTILINE)


def run(*argv: str | os.PathLike[str], **kwargs: tp.Any) -> str:
    """Run a command; return what it printed, fail with what it said."""
    done = subprocess.run(argv, capture_output=True, text=True, **kwargs)
    assert done.returncode == 0, f"{argv}: {done.stdout}\n{done.stderr}"
    return done.stdout


@dataclasses.dataclass(frozen=True)
class Release:
    """A built element.

    Attributes:
        version: of the element and of its wheel.
        elements: the directory that a repository serves.
    """

    version: str
    elements: pathlib.Path

    @property
    def home(self) -> pathlib.Path:
        """Return the directory of the element's files."""
        return self.elements / NAME / self.version

    @property
    def wheel(self) -> pathlib.Path:
        """Return the wheel."""
        (found,) = (self.home / "artifacts").glob("*.whl")
        return found

    @property
    def manifest(self) -> pathlib.Path:
        """Return the rendered manifest."""
        return self.home / "manifests" / f"{NAME}.yaml"


def this_work_tree(target: pathlib.Path) -> str:
    """Copy the sources of today; return their version."""
    names = run("git", "-C", REPO, "ls-files", "-co", "--exclude-standard", "-z")
    for name in filter(None, names.split("\0")):
        source, copy = REPO / name, target / name
        if source.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy)
    found = _VERSION.search((target / "pyproject.toml").read_text())
    assert found is not None
    return found[1]


def release_before(target: pathlib.Path) -> str:
    """Copy the sources of the release before; return its version.

    Its version is that of history.py, whatever its sources say: the platform tells
    releases apart by it.
    """
    version = list(history.RELEASES)[-1]
    history.sources(version, target)
    project = target / "pyproject.toml"
    text = _VERSION.sub(f'version = "{version}"', project.read_text())
    project.write_text(text)
    return version


def build(
    sources: tp.Callable[[pathlib.Path], str],
    work: pathlib.Path,
    client: pathlib.Path,
) -> Release:
    """Build a release with `exordos build`.

    Args:
        sources: puts the sources where it is told and returns their version.
        work: an empty directory.
        client: the environment with the platform's command line.
    """
    tree, output = work / "source", work / "output"
    version = sources(tree)
    git = ("git", "-C", tree, "-c", "user.name=t", "-c", "user.email=t@example.com")
    run(*git, "init", "-q")
    run(*git, "add", "-A")
    run(*git, "commit", "-qm", "release")
    run(*git, "tag", version)
    env = {
        **os.environ,
        "HOME": str(work),
        "NO_COLOR": "1",
        "PATH": f"{FILES}:{client}/bin:{os.environ['PATH']}",
        "PYTHON": sys.executable,
        # pip's way to say "no isolation": what is installed must do
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_NO_INDEX": "1",
    }
    options = ("--exordos-cfg-file", "exordos/exordos.yaml", "--output-dir", output)
    run("exordos", "build", *options, cwd=tree, env=env)
    return Release(version, output / ELEMENTS)


def publish(repository: pathlib.Path, *releases: Release) -> None:
    """Make a directory a repository of these releases and of no other."""
    target = repository / ELEMENTS
    shutil.rmtree(target, ignore_errors=True)
    inventory: dict[str, tp.Any] = {}
    for release in releases:
        shutil.copytree(release.home, target / NAME / release.version)
        built = json.loads((release.elements / "inventory.json").read_text())
        inventory.update(built["elements"][NAME])
    text = json.dumps({"elements": {NAME: inventory}})
    (target / "inventory.json").write_text(text)
