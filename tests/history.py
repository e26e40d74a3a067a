#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""Earlier releases, from the history of this repository."""

import pathlib
import subprocess

REPO = pathlib.Path(__file__).resolve().parents[1]

# Oldest first: version -> commit. None of these was published: the first is what the
# plugin was when an installation of it first served mail, the second is the first whose
# nodes fetch from the gateway, which every release that is published does. Such a one
# is added here with its tag.
RELEASES = {"0.0.8": "436577b", "0.0.9": "4a89d1d"}


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
