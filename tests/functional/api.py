# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A client of the REST API that knows the README and nothing else."""

import dataclasses
import os
import secrets
import typing as tp
import uuid

import requests

from tests.functional import waiting

Json = dict[str, tp.Any]

#: The project of the platform's metapaas element.
DEFAULT_PROJECT = "4d657461-0000-0000-0000-000000000002"
HTTP_TIMEOUT = 60  # seconds
TYPE_PATH = "/v1/types/mail"


@dataclasses.dataclass(frozen=True)
class Cloud:
    """Where the cloud is, and who asks.

    Attributes:
        endpoint: Core's REST API, with or without a path.
        username: a user of Core's IAM.
        password: of that user.
        mail_url: the MetaPaaS control plane, without `/v1`.
        project: uuid of the project that the instances belong to.
    """

    endpoint: str
    username: str
    password: str
    mail_url: str
    project: str

    @classmethod
    def from_environment(cls) -> "Cloud":
        """Read the four variables that every stand and cloud has."""
        return cls(
            endpoint=os.environ["EXORDOS_ENDPOINT"].rstrip("/"),
            username=os.environ["EXORDOS_USERNAME"],
            password=os.environ["EXORDOS_PASSWORD"],
            mail_url=os.environ["EXORDOS_MAIL_CP_URL"].rstrip("/"),
            project=os.environ.get("EXORDOS_PROJECT_ID") or DEFAULT_PROJECT,
        )

    def token(self) -> str:
        """Return a bearer token of Core's IAM with the scope of the project."""
        answer = requests.post(
            f"{self.endpoint}/v1/iam/clients/default/actions/get_token/invoke",
            data={
                "grant_type": "password",
                "username": self.username,
                "password": self.password,
                "scope": f"project:{self.project}",
                "ttl": 86400,
            },
            timeout=HTTP_TIMEOUT,
        )
        answer.raise_for_status()
        return str(answer.json()["access_token"])


class Api:
    """Requests below `/v1/types/mail`; answers are not judged, only returned."""

    def __init__(self, cloud: Cloud, token: str | None = None) -> None:
        self.cloud = cloud
        self.token = cloud.token() if token is None else token
        self.session = requests.Session()
        if self.token:
            self.session.headers["Authorization"] = f"Bearer {self.token}"

    def url(self, path: str) -> str:
        """Return the address of a path such as `/instances/`."""
        return f"{self.cloud.mail_url}{TYPE_PATH}{path}"

    def call(self, method: str, path: str, **kwargs: tp.Any) -> requests.Response:
        """Send one request; `json=` or `data=` carries the body."""
        return self.session.request(
            method, self.url(path), timeout=HTTP_TIMEOUT, **kwargs
        )

    def get(self, path: str) -> Json:
        """Return a resource that must be there."""
        answer = self.call("GET", path)
        assert answer.status_code == 200, describe(answer)
        return tp.cast("Json", answer.json())

    def list(self, path: str, **params: tp.Any) -> list[Json]:
        """Return a collection that must be readable."""
        answer = self.call("GET", path, params=params)
        assert answer.status_code == 200, describe(answer)
        return tp.cast("list[Json]", answer.json())

    def create(self, path: str, body: Json) -> Json:
        """Create a resource; it must be taken with 201."""
        answer = self.call("POST", path, json=body)
        assert answer.status_code == 201, describe(answer)
        return tp.cast("Json", answer.json())

    def update(self, path: str, body: Json, method: str = "PATCH") -> Json:
        """Update a resource; it must be taken with 200."""
        answer = self.call(method, path, json=body)
        assert answer.status_code == 200, describe(answer)
        return tp.cast("Json", answer.json())

    def delete(self, path: str) -> None:
        """Delete a resource; it must be taken with 204 or 200."""
        answer = self.call("DELETE", path)
        assert answer.status_code in (200, 204), describe(answer)

    def version_reference(self) -> str:
        """Return the reference of a registered version, as an instance wants it."""
        versions = self.list("/versions/")
        assert versions, "no mail version is registered in this cloud"
        return f"{TYPE_PATH}/versions/{versions[0]['uuid']}"

    def instance_body(self, **changes: tp.Any) -> Json:
        """Return the README's request body, with a name and domain of its own."""
        tag = secrets.token_hex(4)
        body: Json = {
            "name": f"ft-{tag}",
            "project_id": self.cloud.project,
            "domain": f"ft-{tag}.example.com",
            "cpu": 1,
            "ram": 1024,
            "disk_size": 10,
            "version": self.version_reference(),
        }
        return {**body, **changes}

    def account_body(self, instance: str, /, **changes: tp.Any) -> Json:
        """Return the README's request body of an account, with a password.

        A field that is given as None is left out.
        """
        body: Json = {
            "username": unique_username(),
            "password": f"Sekret-{secrets.token_urlsafe(9)}",
            "project_id": self.cloud.project,
            "instance": f"{TYPE_PATH}/instances/{instance}",
            **changes,
        }
        return {name: value for name, value in body.items() if value is not None}

    def wait_active(self, instance: str) -> Json:
        """Return the instance as soon as it is ACTIVE."""
        return waiting.until(
            f"instance {instance} is ACTIVE",
            lambda: self.get(f"/instances/{instance}"),
            timeout=waiting.INSTANCE_TIMEOUT,
            good=lambda now: now["status"] == "ACTIVE",
        )

    def wait_gone(self, instance: str) -> None:
        """Return as soon as the instance answers 404."""
        waiting.until(
            f"instance {instance} is gone",
            lambda: self.call("GET", f"/instances/{instance}").status_code,
            timeout=waiting.INSTANCE_TIMEOUT,
            good=lambda code: code == 404,
        )


def describe(answer: requests.Response) -> str:
    """Return an answer in one line, for an assertion's text."""
    request = answer.request
    return (
        f"{request.method} {request.url} -> {answer.status_code} {answer.text[:600]!r}"
    )


def unique_username() -> str:
    """Return a username that no other test uses."""
    return f"u{secrets.token_hex(5)}"


def unknown_uuid() -> str:
    """Return an id of nothing."""
    return str(uuid.uuid4())
