# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Where a list goes on: the markers of its pages.

The marker of a list in the order of identifiers is the identifier of the page's last
object. The marker of a list that is sorted by another field holds that field's value
as well, so the list goes on when the object has been deleted, or changed, meanwhile:

    <identifier>.<base64url of {"<field>": <value as the API shows it>}>
"""

import base64
import dataclasses
import json
import typing as tp
import uuid as sys_uuid

import orjson

from exordos_mail.controlplane.dm import exceptions

#: Longest marker in characters; a text of 255 characters needs some 1,500.
MARKER_MAX = 8192

_RULE = "page_marker: send the X-Pagination-Marker of the page before as it stands"


@dataclasses.dataclass(frozen=True)
class Marker:
    """A place in a list.

    Attributes:
        uuid: of the last object of the page before.
        position: the value of the field that the list was sorted by, in JSON, by
            the field's name; empty in the order of identifiers.
    """

    uuid: sys_uuid.UUID
    position: tp.Mapping[str, tp.Any] = dataclasses.field(default_factory=dict)


def encode(marker: Marker) -> str:
    """Return the text of a marker."""
    if not marker.position:
        return str(marker.uuid)
    octets = json.dumps(dict(marker.position), separators=(",", ":")).encode()
    return f"{marker.uuid}.{base64.urlsafe_b64encode(octets).decode().rstrip('=')}"


def decode(text: str) -> Marker:
    """Return the marker that a text says.

    Raises:
        MailValidationError: it is no text of `encode`.
    """
    uuid, dot, encoded = text.partition(".")
    try:
        if len(text) > MARKER_MAX:
            raise ValueError
        position = _position(encoded) if dot else {}
        return Marker(sys_uuid.UUID(uuid), position)
    except ValueError:
        refuse()


def refuse() -> tp.NoReturn:
    """Raise the error of a marker that is none of ours."""
    raise exceptions.MailValidationError(details=_RULE) from None


def _position(encoded: str) -> dict[str, tp.Any]:
    """Return what stands behind the dot (ValueError: not what `encode` writes)."""
    padded = encoded + "=" * (-len(encoded) % 4)
    found = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    if not isinstance(found, dict) or len(found) != 1:
        raise ValueError
    return found
