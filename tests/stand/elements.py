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
