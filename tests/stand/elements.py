# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Elements: what the stand's cloud has installed before ours can be."""

import pathlib

from tests.stand import machines, progress, settings

# Elements name these two as requirements; see files/elements.
PLATFORM = ("core", "metapaas")


def install_platform(stand: settings.Settings, client: pathlib.Path) -> None:
    """Install the stand-ins of the platform's elements, as an operator does."""
    files = [settings.FILES / f"elements/{name}.yaml" for name in PLATFORM]
    log = stand.logs / "elements.log"
    progress.run(*operator(stand, client, "e", "e", "install", *files), log=log)


def operator(
    stand: settings.Settings, client: pathlib.Path, *argv: str | pathlib.Path
) -> list[str]:
    """Return the command that runs the platform's command line as Core's admin."""
    place = machines.client(stand)
    variables = settings.variables(stand)
    return place.command(
        client / "bin/exordos",
        *("--config", place.home / "operator.yaml"),
        *("--endpoint", variables["EXORDOS_ENDPOINT"]),
        *("--user", settings.ADMIN_USER, "--password", settings.ADMIN_PASSWORD),
        *argv,
        env={"NO_COLOR": "1", "COLUMNS": "400", "HOME": str(place.home / "user")},
    )
