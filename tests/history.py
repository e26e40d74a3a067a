# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Earlier releases, from the history of this repository."""

import pathlib
import subprocess

REPO = pathlib.Path(__file__).resolve().parents[1]

# Oldest first: version -> commit. Nothing is published yet, so the release before is
# the last commit, under a lower version; what a next migration does is tried with a
# toy. With 0.1.0 its tag takes this place for good, and each release adds its own.
RELEASES = {"0.0.9": "HEAD"}


def sources(version: str, target: pathlib.Path) -> None:
    """Put the sources of an earlier release into a new directory.

    Raises:
        RuntimeError: the clone does not hold its commit.
    """
    commit = RELEASES[version]
    archive = subprocess.run(
        ("git", "-C", REPO, "archive", commit), capture_output=True
    )
    if archive.returncode:
        raise RuntimeError(
            f"release {version} (commit {commit}) is not in this clone; an upgrade can "
            "only be tested with the history: git fetch --unshallow"
        )
    target.mkdir(parents=True)
    subprocess.run(("tar", "x", "-C", target), input=archive.stdout, check=True)
