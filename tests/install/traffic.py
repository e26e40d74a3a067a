# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A client that keeps reading and writing, and notes everything that goes wrong."""

import threading
import typing as tp

import requests

from tests.functional import api as api_module
from tests.functional import resources, smtp

# Seconds between two rounds: the platform's API is one process for all plugins.
PAUSE = 0.1


class Traffic:
    """Requests in one thread, logins in another, until it is stopped.

    Attributes:
        made: username -> password of each account that the API has taken (201).
        failures: what was not answered as it should be.
        rounds: number of rounds of requests; of logins.
    """

    def __init__(self, api: api_module.Api, instance: resources.Instance) -> None:
        self.instance = instance
        self.steady = resources.Accounts(api, instance).working()
        self.made: dict[str, str] = {}
        self.failures: list[str] = []
        self.rounds = {"requests": 0, "logins": 0}
        self._api = api_module.Api(api.cloud)
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(name, work))
            for name, work in (("requests", self._request), ("logins", self._log_in))
        ]

    def __enter__(self) -> "Traffic":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, name: str, work: tp.Callable[[], None]) -> None:
        while not self._stop.wait(PAUSE):
            try:
                work()
            except (requests.RequestException, OSError, AssertionError) as error:
                self.failures.append(f"{name}: {error!r}"[:400])
            self.rounds[name] += 1

    def _request(self) -> None:
        body = self._api.account_body(self.instance.uuid)
        made = self._api.create(self.instance.accounts, body)
        self.made[body["username"]] = body["password"]
        path = f"{self.instance.accounts}{made['uuid']}"
        assert self._api.get(path)["username"] == body["username"]
        self._api.update(path, {"description": "seen"})
        assert self._api.list(self.instance.accounts, username=body["username"])
        if self.rounds["requests"] % 2:
            self._api.delete(path)
            del self.made[body["username"]]

    def _log_in(self) -> None:
        code = smtp.login_code(
            self.instance.host, self.steady.login, self.steady.password
        )
        assert code == 235, code
