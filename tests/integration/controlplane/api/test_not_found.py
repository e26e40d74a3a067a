# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a client is told of an object that is not there: which kind, and no more."""

import uuid as sys_uuid

import pytest

from exordos_mail.controlplane.dm import models
from tests.integration.support import client

ABSENT = sys_uuid.UUID(int=7)

#: The last collection of a path, and what an object of it is called.
NOUNS = {
    "versions": "version",
    "instances": "instance",
    "accounts": "account",
    "tenants": "tenant",
    "api_keys": "API key",
    "relays": "relay",
    "suppressions": "suppression",
}


def said(noun: str) -> client.Body:
    """Return the whole answer."""
    return {"type": "MailNotFound", "code": 404, "message": f"no such {noun}"}


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_an_absent_object_is_called_by_its_noun(
    tenant: client.Client,
    stranger: client.Client,
    accounts: str,
    account: client.Body,
    parts: dict[str, str],
    method: str,
) -> None:
    there = {accounts: f"{accounts}{account['uuid']}", **parts}
    collections = ["/instances/", *there]
    for path in collections:
        noun = NOUNS[path.split("/")[-2]]
        response = tenant.call(method, f"{path}{ABSENT}", json={})
        assert (response.status_code, response.json()) == (404, said(noun))
    for path in there.values():
        # Another project's: the first thing that it may not see is named.
        response = stranger.call(method, path, json={})
        assert (response.status_code, response.json()) == (404, said("instance"))


def test_an_absent_parent_is_called_by_its_noun(
    tenant: client.Client, tenants: str, parts: dict[str, str]
) -> None:
    below = [path.split("/")[-2] for path in parts if path != tenants]
    paths = {
        f"/instances/{ABSENT}/accounts/": "instance",
        f"/instances/{ABSENT}/accounts/bulk/": "instance",
        f"/instances/{ABSENT}/tenants/": "instance",
        **{f"{tenants}{ABSENT}/{one}/": "tenant" for one in below},
        **{f"/instances/{ABSENT}/tenants/{ABSENT}/{one}/": "instance" for one in below},
    }
    for path, noun in paths.items():
        for method in ("GET", "POST") if "bulk" not in path else ("POST",):
            response = tenant.call(method, path, json={})
            assert (response.status_code, response.json()) == (404, said(noun)), path


def test_an_absent_reference_is_called_by_its_noun(
    tenant: client.Client, instance: client.Body, version: models.MailVersion
) -> None:
    assert tenant.get(f"/versions/{ABSENT}").json() == said("version")
    made = tenant.post("/instances/", client.instance_body(ABSENT))
    assert (made.status_code, made.json()) == (404, said("version"))
    change = {"version": f"{client.BASE}/versions/{ABSENT}"}
    changed = tenant.patch(f"/instances/{instance['uuid']}", change)
    assert (changed.status_code, changed.json()) == (404, said("version"))


def test_an_absent_account_of_a_bulk_request_is_called_by_its_noun(
    tenant: client.Client, bulk: str
) -> None:
    for mode in ("partial", "atomic"):
        for kind, item in (("update", {"uuid": str(ABSENT)}), ("delete", str(ABSENT))):
            (found,) = tenant.post(bulk, {"mode": mode, kind: [item]}).json()[kind]
            assert found == {"index": 0, "status": 404, "error": "no such account"}
