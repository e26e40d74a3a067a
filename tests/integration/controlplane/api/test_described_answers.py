# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Requests made from the API's own description: it says what really happens.

schemathesis reads the description, sends to the running service what it allows
and what it forbids, and judges every answer: no 5xx, no status, no content
type, no header and no body that is not described, and nothing accepted that the
description forbids.

Three inputs are not among the requests: octets that are not UTF-8 in a path or a
query string, which schemathesis does not make, and a multipart content type
without a boundary and the method `QUERY`, which are left out here. They fail in the
platform before any code of ours runs (see test_no_server_error and test_unreadable).
"""

import pathlib
import uuid as sys_uuid

import hypothesis
import pytest
import schemathesis
from schemathesis.specs.openapi import checks

from exordos_mail.controlplane.dm import models
from tests.integration.support import client, user_api

# a test of its own holds this file and the running service's description equal
schema = schemathesis.openapi.from_path(
    pathlib.Path(__file__).parents[4] / "docs" / "openapi.yaml"
)

UNUSED = [
    # The platform answers 403, not 401, to a request without a token, and 405
    # without the header `Allow`, on all of its paths.
    checks.missing_required_header,
    checks.unsupported_method,
    # No schema can say what a valid hash or filter expression is, or that a
    # disk does not shrink.
    checks.positive_data_acceptance,
]

# One bad item does not fail the others, so the request is answered 200.
BULK = "/accounts/bulk/"


# Parameters of paths: the one before, the collection, what a new object needs.
OBJECTS: dict[str, tuple[str, str, client.Body]] = {
    "MailAccountUuid": (
        "MailInstanceUuid",
        "accounts/",
        {"username": "{}", "password_hash": client.HASH},
    ),
    "MailSendTenantUuid": ("MailInstanceUuid", "tenants/", {"id": "{}"}),
    "MailSendAPIKeyUuid": (
        "MailSendTenantUuid",
        "api_keys/",
        client.TENANT_PARTS["api_keys/"],
    ),
    "MailSendRelayUuid": (
        "MailSendTenantUuid",
        "relays/",
        {"id": "{}", "host": "smtp.example.net"},
    ),
    "MailSendSuppressionUuid": (
        "MailSendTenantUuid",
        "suppressions/",
        {"address": "{}@example.net", "reason": "asked for it"},
    ),
}


class Target:
    """Objects that requests may name, new ones for each that may delete them."""

    def __init__(self, tenant: client.Client, version: sys_uuid.UUID) -> None:
        self._tenant = tenant
        self._version = version
        self._paths: dict[str, str] = {}

    def aim(self, case: schemathesis.Case) -> None:
        """Let three of four requests name objects that exist."""
        if case.method == "DELETE":
            self._paths.clear()
        for name, drawn in (case.path_parameters or {}).items():
            real = self._existing(name).rpartition("/")[2]
            if is_uuid(drawn) and hash_of(drawn) % 4:
                case.path_parameters[name] = real
        if isinstance(case.body, dict):
            body = {**case.body}
            self._make_acceptable(body)
            case.body = body

    def _make_acceptable(self, body: client.Body) -> None:
        # what no description can hold: objects of this very database
        if is_uuid(body.get("project_id")):
            body["project_id"] = str(self._tenant.project)
        collection, _, drawn = str(body.get("version", "")).rpartition("/")
        if collection == f"{client.BASE}/versions" and is_uuid(drawn):
            body["version"] = f"{collection}/{self._version}"

    def _existing(self, name: str) -> str:
        """Return the path of the object that a parameter stands for."""
        if name == "MailVersionUuid":
            return f"/versions/{self._version}"
        if name not in self._paths:
            collection, body = "/instances/", client.instance_body(self._version)
            if name in OBJECTS:
                parent, below, fields = OBJECTS[name]
                collection = f"{self._existing(parent)}/{below}"
                body = {k: fill(value) for k, value in fields.items()}
            made = self._tenant.create(collection, body)
            self._paths[name] = f"{collection}{made['uuid']}"
        return self._paths[name]


def fill(value: object) -> object:
    """Return a value with a new name in its gap, if it has one."""
    return value.format(sys_uuid.uuid4()) if isinstance(value, str) else value


def fails_in_the_platform(case: schemathesis.Case) -> bool:
    """Tell whether the method is `QUERY`, or the content multipart without boundary.

    bjoern's parser has never heard of `QUERY`: it answers 400 at the header and
    closes. A body that comes between the two is never read, so the kernel ends the
    connection by a reset, which a client may see before it has the answer.
    """
    if case.method == "QUERY":
        return True
    content_type = str((case.headers or {}).get("Content-Type", case.media_type))
    return content_type.startswith("multipart/") and "boundary=" not in content_type


def only_headers_are_wrong(case: schemathesis.Case) -> bool:
    """Tell whether a request breaks a rule by headers that nobody reads."""
    return bool(set(case.headers or {}) - {"Authorization", "Content-Type"})


def parameters_get_lost(case: schemathesis.Case) -> bool:
    """Tell whether a query has parameters without a value, which are not sent."""
    return any(value in (None, [], {}) for value in (case.query or {}).values())


def hash_of(drawn: object) -> int:
    return sum(str(drawn).encode(errors="replace"))


def is_uuid(value: object) -> bool:
    try:
        sys_uuid.UUID(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, AttributeError):
        return False
    return True


@pytest.fixture
def target(tenant: client.Client, version: models.MailVersion) -> Target:
    """The objects of one operation's requests."""
    return Target(tenant, version.uuid)


@schema.parametrize()
@hypothesis.settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(hypothesis.HealthCheck),
)
def test_every_answer_is_described(
    case: schemathesis.Case,
    api: user_api.UserApi,
    tenant: client.Client,
    target: Target,
) -> None:
    hypothesis.assume(not fails_in_the_platform(case))
    hypothesis.assume(not parameters_get_lost(case))
    hypothesis.assume(not only_headers_are_wrong(case))
    target.aim(case)
    unused = [*UNUSED]
    if case.path.endswith(BULK):
        unused.append(checks.negative_data_rejection)
    case.call_and_validate(
        base_url=api.url, session=tenant.session, excluded_checks=unused
    )
