# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The plugin on metapaas-cp, as the platform's reconciler installs it."""

import collections.abc as cabc
import contextlib
import json
import pathlib
import re

import requests

from tests.e2e import harness as harness_module
from tests.functional import api as api_module
from tests.functional import waiting
from tests.stand import machines, metapaas, settings, venvs

GSERVICE = "metapaas-gservice"
_IDENTITY = re.compile(r'"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"')
FIRST_MIGRATION = "0000-initial"

_SITE = (
    "import pathlib, sysconfig; site = pathlib.Path(sysconfig.get_path('purelib'))\n"
)
_HALF_COPIED = (
    _SITE
    + """
import csv
parts = list(site.glob("exordos_mail*"))
record = next(iter(site.glob("exordos_mail-*/RECORD")), None)
rows = list(csv.reader(record.open())) if record and record.stat().st_size else []
sizes = [(site / row[0], int(row[2])) for row in rows if row[2]]
whole = bool(sizes) and all(p.exists() and p.stat().st_size == n for p, n in sizes)
print(bool(parts) and not whole)
"""
)
_REMOVE = (
    _SITE
    + """
import shutil
for path in site.glob("exordos_mail*"):
    shutil.rmtree(path)
"""
)
_METADATA_ONLY = (
    _SITE
    + """
import sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1])
wheel.extractall(site, [n for n in wheel.namelist() if ".dist-info/" in n])
"""
)


class Plugin:
    """What is installed of ours, and how to be rid of it.

    The platform takes nothing of a plugin away when its element is removed: neither
    its package nor its tables.
    """

    def __init__(self, harness: harness_module.Harness) -> None:
        self.harness = harness
        self.stand = harness.settings
        facts = self.stand.facts()
        self.platform = metapaas.MetaPaaS(
            self.stand, pathlib.Path(facts["platform"]), pathlib.Path(facts["core"])
        )

    def inside(self, *argv: str, check: bool = True) -> str:
        """Run a command of the environment on metapaas-cp."""
        program, *words = argv
        command = machines.control(self.stand).command(
            self.platform.venv / "bin" / program, *words, env=self.platform.env
        )
        return self.harness.host(*command, check=check).stdout

    def version(self) -> str | None:
        """Return the installed version, None for none."""
        listed = json.loads(self.inside("pip", "list", "--format", "json"))
        found = {one["name"].replace("-", "_"): one["version"] for one in listed}
        return found.get("exordos_mail")

    def applied(self) -> int:
        """Return how many of our migrations are applied."""
        rows = self.harness.sql(
            metapaas.DATABASE, "select uuid from ra_migrations where applied"
        )
        return len(set(rows) & set(self.migration_ids()))

    def migration_ids(self) -> list[str]:
        """Return the identities of our migrations, those of the work tree."""
        steps = pathlib.Path(__file__).resolve().parents[2] / "exordos_mail/migrations"
        found = [
            _IDENTITY.findall(path.read_text()) for path in steps.glob("[0-9]*.py")
        ]
        assert found
        assert all(len(one) == 1 for one in found)
        return [one[0] for one in found]

    def route_answers(self, api: api_module.Api) -> bool:
        """Tell whether /v1/types/mail/ is there."""
        return api.call("GET", "/").status_code == 200

    def erase(self) -> None:
        """Take away what the platform leaves: as if it had never been there."""
        # the reconciler would install it again
        waiting.until(
            "the type is withdrawn",
            lambda: (
                self.harness.sql(
                    metapaas.DATABASE, "select count(*) from metapaas_paas_types"
                )
                == ["0"]
            ),
        )
        if self.version() is None:
            return
        directory = venvs.site(self.platform.venv) / "exordos_mail/migrations"
        with self.stopped():
            self.inside(
                *("ra-rollback-migration", "--config-dir", f"{metapaas.CONF_DIR}/"),
                *("--path", str(directory), "--migration", FIRST_MIGRATION),
            )
            self.inside("pip", "uninstall", "-q", "-y", "exordos_mail")
            self.inside("exordos-metapaas-render-config")

    @contextlib.contextmanager
    def stopped(self) -> cabc.Iterator[None]:
        """Stop all services of MetaPaaS and start them again."""
        services = [
            f"metapaas-{name}" for name in (*metapaas.SERVICES, metapaas.CORE_AGENT)
        ]
        with self.harness.stopped(*services):
            yield
        waiting.until("MetaPaaS answers", self.answers)

    def half_copied(self) -> bool:
        """Tell whether our wheel is there in part: a file is missing or short."""
        return self.inside("python", "-c", _HALF_COPIED).strip() == "True"

    def remove_files(self) -> None:
        """Take away our files, whole or not."""
        self.inside("python", "-c", _REMOVE)

    def copy_metadata_only(self, wheel: pathlib.Path) -> None:
        """Leave what a copy leaves that is killed early: metadata without a module."""
        self.inside("python", "-c", _METADATA_ONLY, str(wheel))

    def answers(self) -> bool:
        """Tell whether MetaPaaS's API takes requests."""
        url = settings.variables(self.stand)["EXORDOS_MAIL_CP_URL"]
        try:
            return requests.get(f"{url}/v1/", timeout=30).status_code < 500
        except requests.ConnectionError:
            return False

    def log(self, service: str) -> str:
        """Return the log of a service."""
        return self.harness.ctl("logs", service).stdout
