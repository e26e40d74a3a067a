# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Tenants of the send API: made in the control plane, sending through the node."""

import dataclasses
import pathlib
import secrets
import typing as tp

import requests

from tests.e2e import harness as harness_module
from tests.functional import api as api_module
from tests.functional import resources, waiting

_TIMEOUT = 30  # seconds
_CERTIFICATE = "/etc/exim4/tls/cert.pem"


def certificate(node: harness_module.Node, directory: pathlib.Path) -> str:
    """Return a file with the node's certificate, which nobody else has signed."""
    path = directory / "node.pem"
    path.write_text(node.shell(f"cat {_CERTIFICATE}"))
    return str(path)


class Service:
    """The send API of a node, with a key.

    Args:
        domain: of the instance, which is what the node's certificate is for.
        trusted: a file with the certificate to trust.
        key: an API key, or the node's admin token.
    """

    def __init__(self, domain: str, trusted: str, key: str) -> None:
        self._url = f"https://{domain}"
        self._session = requests.Session()
        # Variables of the machine name other authorities.
        self._session.trust_env = False
        self._session.verify = trusted
        self._session.headers["Authorization"] = f"Bearer {key}"

    def call(self, method: str, path: str, **kwargs: tp.Any) -> requests.Response:
        """Send one request; the answer is not judged."""
        url = f"{self._url}{path}"
        return self._session.request(method, url, timeout=_TIMEOUT, **kwargs)

    def status(self, method: str, path: str, **kwargs: tp.Any) -> int | None:
        """Return the status of the answer; None: there is none."""
        try:
            return self.call(method, path, **kwargs).status_code
        except requests.ConnectionError:
            return None

    def send(self, sender: str, *recipients: str) -> str:
        """Submit a message, which must be taken; return its id."""
        body = {
            "from": sender,
            "to": list(recipients),
            "subject": "Grüße from the send API",
            "text": "A line.\n.a line that begins with a dot\n",
            "html": "<p>A line.</p>",
        }
        answer = self.call("POST", "/v1/messages", json=body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def wait_state(self, message: str, state: str) -> dict[str, tp.Any]:
        """Return a message as soon as it is in a state."""
        return waiting.until(
            f"message {message} is {state}",
            lambda: dict(self.call("GET", f"/v1/messages/{message}").json()),
            good=lambda shown: shown.get("state") == state,
        )


def admin(domain: str, trusted: str, node: harness_module.Node) -> Service:
    """Return the send API of a node as its administrator sees it."""
    token = node.shell("cat /var/lib/exordos-mail-send/admin-token").strip()
    return Service(domain, trusted, token)


@dataclasses.dataclass(frozen=True)
class Tenant:
    """A tenant, and a key of it that works."""

    path: str
    slug: str
    key_path: str
    service: Service


class Tenants:
    """Makes tenants in one instance and removes them again."""

    def __init__(
        self, api: api_module.Api, instance: resources.Instance, trusted: str
    ) -> None:
        self._api = api
        self._instance = instance
        self.trusted = trusted
        self._made: list[str] = []

    def create(self, **fields: tp.Any) -> Tenant:
        """Create a tenant with a key; the node need not know them yet."""
        slug = f"shop-{secrets.token_hex(4)}"
        collection = f"{self._instance.path}/tenants/"
        common = {"project_id": self._api.cloud.project}
        body = {"name": slug, "id": slug, **common, **fields}
        made = self._api.create(collection, body)
        path = f"{collection}{made['uuid']}"
        self._made.append(path)
        key = self._api.create(
            f"{path}/api_keys/",
            {"name": "tests", "scopes": ["send", "read", "manage"], **common},
        )
        return Tenant(
            path=path,
            slug=slug,
            key_path=f"{path}/api_keys/{key['uuid']}",
            service=Service(self._instance.domain, self.trusted, key["key"]),
        )

    def working(self, **fields: tp.Any) -> Tenant:
        """Create a tenant and wait until its key opens the node's send API."""
        tenant = self.create(**fields)
        self.wait_status(tenant, 200)
        return tenant

    def wait_status(self, tenant: Tenant, status: int | None) -> None:
        """Wait until reading with the tenant's key is answered like this."""
        waiting.until(
            f"tenant {tenant.slug} is answered {status}",
            lambda: tenant.service.status("GET", "/v1/messages"),
            good=lambda now: now == status,
        )

    def remove(self) -> None:
        """Delete what was made; what is gone already is fine."""
        for path in self._made:
            answer = self._api.call("DELETE", path)
            assert answer.status_code in (200, 204, 404), api_module.describe(answer)
