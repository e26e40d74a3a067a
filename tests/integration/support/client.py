# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A client of the mail API for tests."""

import typing as tp
import uuid as sys_uuid

import requests

from tests.integration.support import tokens

BASE = "/v1/types/mail"
HASH = (
    "$6$k2XAnEHBqQ1Ct2aM$iHrwyiyKiHg2YYwyBUuMGKxA1KEcXtz5/1GeBzr0MS1P/uuE3hZ0bFaooxSWr"
    "UiR3AnSTuj.ImcGKhyGcmwS5."
)

Body = dict[str, tp.Any]

# What each collection below a tenant needs at least for a new object.
TENANT_PARTS: dict[str, Body] = {
    "api_keys/": {"name": "web", "scopes": ["send"]},
    "relays/": {"id": "a", "host": "smtp.example.net"},
    "suppressions/": {"address": "jo@example.net", "reason": "asked for it"},
}


class Client:
    """Requests with one token.

    Args:
        url: where the user-api listens.
        project: the token's project; None for an administrator's.
        permissions: the token's permissions.
        user: whose token it is.
    """

    def __init__(
        self,
        url: str,
        project: sys_uuid.UUID | None = None,
        permissions: tp.Iterable[str] = tokens.EVERYTHING,
        user: sys_uuid.UUID = tokens.USER,
    ) -> None:
        self._url = url
        self.project = project
        self.session = requests.Session()
        token = tokens.make(project, permissions, user=user)
        self.session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, **kwargs: tp.Any) -> requests.Response:
        """Send any request to a path below /v1/types/mail."""
        return self.session.request(
            method, f"{self._url}{BASE}{path}", timeout=30, **kwargs
        )

    def get(self, path: str, **params: tp.Any) -> requests.Response:
        """Get an object or a list."""
        return self.call("GET", path, params=params)

    def post(self, path: str, body: tp.Any) -> requests.Response:
        """Create."""
        return self.call("POST", path, json=body)

    def patch(self, path: str, body: tp.Any) -> requests.Response:
        """Update, the way of the README."""
        return self.call("PATCH", path, json=body)

    def put(self, path: str, body: tp.Any) -> requests.Response:
        """Update, the way of the platform's clients."""
        return self.call("PUT", path, json=body)

    def delete(self, path: str) -> requests.Response:
        """Delete."""
        return self.call("DELETE", path)

    def specification(self) -> Body:
        """Return the OpenAPI document that the service serves."""
        response = self.session.get(f"{self._url}/specifications/3.0.3", timeout=30)
        assert response.status_code == 200, response.text
        return tp.cast(Body, response.json())

    def create(self, path: str, body: Body) -> Body:
        """Create what must be accepted and return it."""
        response = self.post(path, body)
        assert response.status_code == 201, response.text
        return tp.cast(Body, response.json())


def instance_body(version: sys_uuid.UUID, **changes: tp.Any) -> Body:
    """Return the body of a POST of an instance; None leaves a field out."""
    body = {
        "name": "mail-prod",
        "domain": "example.com",
        "cpu": 2,
        "ram": 2048,
        "disk_size": 20,
        "version": f"{BASE}/versions/{version}",
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}
