# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Resources of the control plane in the shape of the send service's, and back.

So a command shows the same, and takes the same, wherever it works.
"""

import dataclasses
import typing as tp

Row = tp.Mapping[str, tp.Any]
Body = dict[str, tp.Any]

_SPANS = ("minute", "hour", "day")
#: What only says where a row is.
_PLACE = ("instance", "tenant", "slug")
#: Members of a `callback_auth`, and what the control plane calls them.
_AUTH = {
    "type": "callback_auth",
    "username": "callback_username",
    "password": "callback_secret",
    "token": "callback_secret",
    "secret": "callback_secret",
}


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of resource."""

    #: For people.
    name: str
    #: Of its collection.
    path: str
    #: The member that people call it by.
    key: str


TENANT = Kind("tenant", "tenants", "slug")
VERSION = Kind("version", "versions", "name")
KEY = Kind("key", "api_keys", "uuid")
RELAY = Kind("relay", "relays", "slug")
SUPPRESSION = Kind("suppression", "suppressions", "address")


def shown(kind: Kind, row: Row) -> Body:
    """Return what the send service shows of such a thing, and what else there is."""
    found: Body = {"id": row[kind.key]} if kind is not SUPPRESSION else {}
    limits = {span: f"limit_{span}" for span in _SPANS}
    for name, value in row.items():
        if name not in _PLACE and name not in limits.values():
            found[name] = value
    if limits["day"] in row:
        found["limits"] = {span: row[name] for span, name in limits.items()}
        found["managed"] = True
    if kind is RELAY:
        found["has_password"] = row["username"] is not None
    return found


def wanted(given: Row) -> Body:
    """Return a request to the send service as the control plane takes it."""
    body = dict(given)
    if "id" in body:
        body["slug"] = body.pop("id")
    for span, value in (body.pop("limits", None) or {}).items():
        body[f"limit_{span}"] = value
    if isinstance(body.get("callback_auth"), dict):
        auth: Body = body.pop("callback_auth")
        body |= {_AUTH.get(name, name): value for name, value in auth.items()}
    return body
