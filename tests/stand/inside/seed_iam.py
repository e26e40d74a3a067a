# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Create, over Core's REST API as its admin, what element manifests declare on a
real realm: the metapaas project and user, our permissions, two tenants.

Runs inside the stand with any Python: seed_iam.py FILE (JSON from iam.py).
"""

import json
import sys
import typing as tp
import urllib.error
import urllib.parse
import urllib.request
import uuid

with open(sys.argv[1]) as _stream:
    WANTED: dict[str, tp.Any] = json.load(_stream)
CORE = WANTED["endpoint"] + "/v1"


def call(method: str, path: str, token: str = "", **body: tp.Any) -> tp.Any:
    """Call Core; 409 counts as done before."""
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(  # noqa: S310
        CORE + path, json.dumps(body).encode(), headers, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code == 409:
            return None
        text = error.read().decode(errors="replace")
        raise SystemExit(f"{method} {path}: {error.code} {text}") from None


def token(user: str, password: str) -> str:
    """Return an access token."""
    form = {
        "grant_type": "password",
        "username": user,
        "password": password,
        "scope": "",
        "ttl": "3600",
    }
    data = urllib.parse.urlencode(form).encode()
    url = f"{CORE}/iam/clients/default/actions/get_token/invoke"
    with urllib.request.urlopen(url, data, timeout=20) as answer:  # noqa: S310
        return str(json.load(answer)["access_token"])


def named(text: str) -> str:
    """Return a stable uuid for a name."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"stand.{text}"))


def main() -> None:
    """Create everything."""
    admin = token("admin", "admin")

    def make(collection: str, **body: tp.Any) -> None:
        call("POST", f"/iam/{collection}/", admin, **body)

    organization = named("organization")
    make("organizations", uuid=organization, name="MetaPaaS organization")
    for project in WANTED["projects"]:
        make(
            "projects",
            uuid=project["uuid"],
            name=project["name"],
            organization=f"/v1/iam/organizations/{organization}",
        )
    for user in WANTED["users"]:
        make(
            "users",
            uuid=named(user["name"]),
            username=user["name"],
            password=user["password"],
            first_name=user["name"].title(),
            last_name="Stand",
            email=f"{user['name']}@example.com",
        )
        make(
            "role_bindings",
            uuid=named("role." + user["name"]),
            role=f"/v1/iam/roles/{WANTED['role']}",
            user=f"/v1/iam/users/{named(user['name'])}",
            project=f"/v1/iam/projects/{user['project']}",
        )
    for permission in WANTED["permissions"]:
        make("permissions", uuid=named(permission), name=permission)
        make(
            "permission_bindings",
            uuid=named("binding." + permission),
            role=f"/v1/iam/roles/{WANTED['role']}",
            permission=f"/v1/iam/permissions/{named(permission)}",
        )
    reader = WANTED["reader"]
    make("roles", uuid=reader["role"], name="metapaas_repo_reader")
    for name, permission in reader["permissions"].items():
        make("permissions", uuid=permission, name=name)
        make(
            "permission_bindings",
            uuid=named("reader." + name),
            role=f"/v1/iam/roles/{reader['role']}",
            permission=f"/v1/iam/permissions/{permission}",
        )
    make(
        "role_bindings",
        uuid=named("reader"),
        role=f"/v1/iam/roles/{reader['role']}",
        user=f"/v1/iam/users/{named(reader['user'])}",
    )
    print("done")


main()
