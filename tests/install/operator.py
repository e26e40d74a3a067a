# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The operator of the cloud: installs elements and looks at what became of them."""

import pathlib
import typing as tp

import requests

from tests.e2e import harness as harness_module
from tests.functional import api as api_module
from tests.functional import waiting
from tests.install import release
from tests.stand import elements, settings

Json = dict[str, tp.Any]

# The element manager's loops are as shipped: 3 s each, several in a row.
ELEMENT_TIMEOUT = 180.0
REPOSITORY = "stand"


class Operator:
    """Core's admin, with the platform's command line and with Core's API."""

    def __init__(self, harness: harness_module.Harness) -> None:
        self.harness = harness
        self.stand = harness.settings
        self.client = pathlib.Path(self.stand.facts()["client"])
        self._core = settings.variables(self.stand)["EXORDOS_ENDPOINT"]
        self._token = ""

    def run(self, *argv: str, check: bool = True) -> harness_module.Completed:
        """Run `exordos ARGV`."""
        words = elements.operator(self.stand, self.client, *argv)
        return self.harness.host(*words, check=check)

    def core(self, path: str, **params: str) -> tp.Any:
        """Get something of Core's API."""
        if not self._token:
            cloud = api_module.Cloud(
                self._core, settings.ADMIN_USER, settings.ADMIN_PASSWORD, "", ""
            )
            answer = requests.post(
                f"{cloud.endpoint}/v1/iam/clients/default/actions/get_token/invoke",
                data={
                    "grant_type": "password",
                    "username": cloud.username,
                    "password": cloud.password,
                    "scope": "",
                    "ttl": 86400,
                },
                timeout=api_module.HTTP_TIMEOUT,
            )
            answer.raise_for_status()
            self._token = answer.json()["access_token"]
        answer = requests.get(
            f"{self._core}/v1{path}",
            params=params,
            headers={"Authorization": f"Bearer {self._token}"},
            timeout=api_module.HTTP_TIMEOUT,
        )
        assert answer.status_code == 200, api_module.describe(answer)
        return answer.json()

    def element(self, name: str) -> Json | None:
        """Return an installed element."""
        found = self.core("/em/elements/", name=name)
        return found[0] if found else None

    def resources(self, name: str) -> dict[str, str]:
        """Return the state of each of an element's resources, by kind and name."""
        element = self.element(name)
        assert element is not None
        found = self.core(f"/em/elements/{element['uuid']}/resources/")
        return {f"{one['kind']}.{one['name']}": one["status"] for one in found}

    def wait_active(self, name: str, version: str | None = None) -> None:
        """Return as soon as an element, of this version, is ACTIVE."""

        def active() -> bool:
            found = self.element(name)
            return bool(
                found
                and found["status"] == "ACTIVE"
                and version in (None, found["version"])
            )

        try:
            waiting.until(f"element {name} is ACTIVE", active, ELEMENT_TIMEOUT)
        except waiting.NotWithinTime as late:
            raise AssertionError(f"{late}\n{self.resources(name)}") from None

    def wait_gone(self, name: str) -> None:
        """Return as soon as an element is not there any more."""
        waiting.until(
            f"element {name} is gone",
            lambda: self.element(name) is None,
            ELEMENT_TIMEOUT,
        )

    def offer(self, *releases: release.Release) -> None:
        """Have the cloud's repository offer these releases."""
        release.publish(self.stand.repository, *releases)
        if not self.core("/repo/repositories/", name=REPOSITORY):
            url = f"{settings.REPOSITORY_URL}{release.ELEMENTS}/"
            nobody = "00000000-0000-0000-0000-000000000000"
            self.run(
                *("repo", "add", "--name", REPOSITORY, "--project-id", nobody),
                *("--repo-url", url),
            )
        else:
            self.run("repo", "refresh", REPOSITORY)
        for one in releases:
            waiting.until(
                f"{release.NAME} {one.version} is offered",
                lambda one=one: [
                    found
                    for found in self.core(
                        "/repo/elements/", name=release.NAME, version=one.version
                    )
                    if found["status"] != "NEW"
                ],
                ELEMENT_TIMEOUT,
            )

    def install(self, what: str) -> None:
        """Install an element by its name, or by the path of its manifest."""
        done = self.run("e", "e", "install", what)
        assert "was installed successfully" in done.stdout, done.stdout

    def update(self, name: str, version: str | None = None) -> None:
        """Move an element to the newest version, or to a given one."""
        chosen = ("--version", version) if version else ()
        done = self.run("e", "e", "update", "--yes", *chosen, name)
        assert "was updated successfully" in done.stdout, done.stdout

    def uninstall(self, name: str) -> None:
        """Remove an element and wait until it is gone."""
        self.run("e", "e", "uninstall", "--yes", name)
        self.wait_gone(name)
