# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The database schema as a real installation makes it."""

import importlib.util
import pathlib
import subprocess
import sys

#: In the order of the platform's cp_bootstrap.sh.
PACKAGES = ("gcl_sdk", "exordos_metapaas", "exordos_mail")


def directory(package: str) -> pathlib.Path:
    """Return where a package keeps its migration steps, without importing it."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise RuntimeError(f"{package} is not installed")
    return pathlib.Path(found.origin).parent / "migrations"


def script(name: str) -> str:
    """Return the path of a console script of this environment."""
    return str(pathlib.Path(sys.executable).parent / name)


def apply(url: str, packages: tuple[str, ...] = PACKAGES) -> None:
    """Bring a database to the schema of the installed packages."""
    for package in packages:
        apply_directory(url, directory(package))


def apply_directory(url: str, steps: pathlib.Path) -> None:
    """Apply the steps in a directory that are not applied yet."""
    subprocess.run(
        [
            script("ra-apply-migration"),
            "--db-connection_url",
            url,
            "--path",
            str(steps),
        ],
        check=True,
        capture_output=True,
        text=True,
    )


def roll_back(url: str, steps: pathlib.Path, step: str) -> None:
    """Take back one of the steps in a directory, and those that need it."""
    subprocess.run(
        [
            script("ra-rollback-migration"),
            "--db-connection_url",
            url,
            "--path",
            str(steps),
            "--migration",
            step,
        ],
        check=True,
        capture_output=True,
        text=True,
    )
