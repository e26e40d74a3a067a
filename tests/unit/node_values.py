# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Payloads for a node as values, good ones and such as a test spoils."""

import typing as tp
import uuid as sys_uuid

from exordos_mail.dataplane.engine import fetcher
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.standards import dkim
from tests import bulk

HASH = "$6$rounds=1000$abcdefgh$" + "x" * 86
RSA = dkim.generate_private_key(dkim.RSA_SHA256)
ED25519 = dkim.generate_private_key(dkim.ED25519_SHA256)
TENANT = {
    "uuid": str(sys_uuid.UUID(int=1)),
    "tag": str(sys_uuid.UUID(int=2)),
    "id": "acme",
}
OTHER = {
    "uuid": str(sys_uuid.UUID(int=3)),
    "tag": str(sys_uuid.UUID(int=4)),
    "id": "other",
}


def target_value(domain: str = "example.com", **parts: tp.Any) -> dict[str, tp.Any]:
    """Return a payload; `parts` replaces parts of its content, and may be nonsense."""
    content = {
        "accounts": {"alice": HASH},
        "dkim_keys": {"platform": {"algorithm": "rsa-sha256", "private_key": RSA}},
        "rate_limit": "1000 / 1h",
        **parts,
    }
    return value_of(bulk.of(domain, **content), domain)


def value_of(content: tp.Any, domain: str = "example.com") -> dict[str, tp.Any]:
    """Return a payload that carries this, under the revision that it has."""
    return {
        "uuid": "u",
        "name": "n",
        "generation": 3,
        "domain": domain,
        "revision": bulk.revision_of(content),
        "bulk": content,
    }


class NoTexts:
    """A node that has nothing."""

    def load(self) -> None:
        """Return that there is no payload."""

    def lacking(self, kept: tp.Mapping[tp.Any, str]) -> list[tp.Any]:
        """Return all."""
        return list(kept)

    def text(self, place: payload_lib.Place, digest: str) -> str:
        """Have none."""
        raise payload_lib.DamagedBucket(f"{place} is lost")


class Texts(NoTexts):
    """The node that has a candidate."""

    def __init__(self, candidate: payload_lib.Candidate) -> None:
        self._candidate = candidate

    def load(self) -> payload_lib.Payload:  # type: ignore[override]
        """Return the payload."""
        return self._candidate.payload

    def lacking(self, kept: tp.Mapping[tp.Any, str]) -> list[tp.Any]:
        """Return what the candidate has not."""
        own = self._candidate.payload.kept
        return [one for one in kept if kept[one] != own.get(one)]

    def text(self, place: payload_lib.Place, digest: str) -> str:
        """Return a text."""
        assert self._candidate.payload.kept[place] == digest
        return self._candidate.texts[place]


def candidate_of(
    value: tp.Mapping[str, tp.Any], store: tp.Any = None
) -> payload_lib.Candidate:
    """Return what a node reads from a payload."""
    return fetcher.Fetcher(None, store or NoTexts()).read(value)
