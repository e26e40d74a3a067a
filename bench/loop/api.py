# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The REST API as one client with one connection sees it."""

import typing as tp

import requests

from tests.stand import demo_client

TIMEOUT = 60  # seconds
Body = dict[str, tp.Any]


class Refused(Exception):
    """The API did not do what it was asked; text is its answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text[:300]}")
        self.status = status


class Api:
    """Keep-alive client of the mail API, and of Core for comparison."""

    def __init__(self) -> None:
        self._http = requests.Session()
        self._http.headers["Authorization"] = f"Bearer {demo_client.token()}"

    def call(self, method: str, path: str, body: Body | None = None) -> tp.Any:
        """Send one request below `/v1/types/mail`; return the JSON of the answer.

        Raises:
            Refused: the answer is not 2xx.
        """
        url = demo_client.MAIL + path
        answer = self._http.request(method, url, json=body, timeout=TIMEOUT)
        if not answer.ok:
            raise Refused(answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def introspect(self) -> None:
        """Ask Core about our token, which the API does for every request."""
        url = f"{demo_client.CORE}/v1/iam/clients/default/actions/introspect"
        self._http.get(url, timeout=TIMEOUT).raise_for_status()
