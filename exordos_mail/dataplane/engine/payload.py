# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the node is to be: a head, settings, accounts and tenants.

Accounts are named by the digests of their shards, tenants by their tags. A
candidate is a payload with the texts of the shards that are new; it comes
whole from the platform (`bulk`) or in differences from the node gateway.
"""

import dataclasses
import re
import types
import typing as tp

from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.protocol import messages, revision, shards

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_NAME_MAX = 255
_NO_SETTINGS = ("accounts", "tenants")  # of what is in a bulk
_NO_DOCUMENT = {"uuid", "tag"}  # all that there is of a tenant


class IncompleteReply(Exception):
    """A reply of the gateway from which no payload can be put together."""


@dataclasses.dataclass(frozen=True)
class Payload:
    """A checked payload; its revision is that of its content.

    `uuid` is the resource's, which the platform gives; `digests` leave out
    shards without accounts; `tenants` are tags by uuid.
    """

    uuid: str
    name: str
    generation: int
    revision: str
    spec: spec_lib.MailSpec
    digests: shards.Digests
    tenants: tp.Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def domain(self) -> str:
        """The primary domain."""
        return self.spec.domain

    def has_head(self, head: tp.Mapping[str, tp.Any]) -> bool:
        """Return whether a value of the platform is about this very payload."""
        own = self.as_value()
        names = ("uuid", "name", "generation", "revision", "domain")
        return all(head.get(name) == own[name] for name in names)

    def with_head(self, head: tp.Mapping[str, tp.Any]) -> "Payload":
        """Return the same configuration under the head of another payload."""
        return dataclasses.replace(
            self,
            uuid=str(head["uuid"]),
            name=_name(head),
            generation=_generation(head),
        )

    def as_value(self) -> dict[str, tp.Any]:
        """Return the JSON object that `parse` reads."""
        value = {
            "uuid": self.uuid,
            "name": self.name,
            "generation": self.generation,
            "revision": self.revision,
            "domain": self.domain,
            "settings": self.spec.settings,
            "shards": {str(shard): self.digests[shard] for shard in self.digests},
        }
        if self.tenants:
            value["tenants"] = dict(self.tenants)
        return value


class Candidate(tp.NamedTuple):
    """A payload, and the texts of its shards as far as they are new.

    `documents` of the tenants, by uuid, come with `bulk` only; they are handed
    to the send service and not kept. One that the platform could not make is
    missing.
    """

    payload: Payload
    texts: shards.Texts
    documents: tp.Mapping[str, messages.Document] = types.MappingProxyType({})


def parse(value: tp.Mapping[str, tp.Any]) -> Payload:
    """Return the payload that `as_value` has written.

    Raises:
        SpecError: this is none.
    """
    settings, digests = value.get("settings"), value.get("shards")
    if not isinstance(settings, dict) or not isinstance(digests, dict):
        raise spec_lib.SpecError("the payload has no settings or no digests")
    try:
        by_shard = {int(shard): str(digest) for shard, digest in digests.items()}
    except ValueError:
        raise spec_lib.SpecError("the payload's digests have no numbers") from None
    tenants = spec_lib.check_tenants(value.get("tenants", {}))
    # Those kept past a gateway that does not know them are not in its revision.
    return _payload(value, settings, by_shard, tenants, in_revision=[tenants, {}])


def from_bulk(value: tp.Mapping[str, tp.Any]) -> Candidate:
    """Return what the platform has sent as a whole.

    Raises:
        SpecError: a field is missing, unknown, of the wrong type, or breaks
            its rule; or the revision is not that of the content.
    """
    bulk = value.get("bulk")
    if not isinstance(bulk, dict):
        raise spec_lib.SpecError("the payload has no usable bulk")
    settings = {name: bulk[name] for name in bulk if name not in _NO_SETTINGS}
    texts = shards.split(spec_lib.check_accounts(bulk.get("accounts")))
    documents = _documents(bulk.get("tenants", []))
    tags = {uuid: document.get("tag") for uuid, document in documents.items()}
    tenants = spec_lib.check_tenants(tags)
    digests = shards.digests(texts)
    payload = _payload(value, settings, digests, tenants, in_revision=[tenants])
    whole = {uuid: one for uuid, one in documents.items() if set(one) != _NO_DOCUMENT}
    return Candidate(payload, texts, whole)


def _documents(value: object) -> dict[str, messages.Document]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise spec_lib.SpecError("the payload's tenants are not a list of objects")
    documents = {str(one.get("uuid")): one for one in value}
    if len(documents) != len(value):
        raise spec_lib.SpecError("a tenant is in the payload twice")
    return documents


def from_reply(
    uuid: str,
    state: messages.State,
    texts: shards.Texts,
    accepted: Payload | None,
    lacking: tp.Collection[int],
    knows_tenants: bool = True,
) -> Candidate:
    """Return what the gateway has sent as a difference.

    Args:
        uuid: the resource's.
        state, texts, knows_tenants: the reply. A gateway that does not know
            tenants takes none away: those of `accepted` stay.
        accepted: what the node has.
        lacking: shards of `accepted` whose text the node does not have.

    Raises:
        IncompleteReply: the parts of the reply do not fit one another, or
            something is neither in it nor with the node.
        SpecError: the content breaks a rule.
    """
    digests = {shard: state.shards[shard] for shard in sorted(state.shards)}
    if not all(_DIGEST.match(digest) for digest in digests.values()):
        raise IncompleteReply("a digest of the reply is not a sha256")
    for shard, text in texts.items():
        if shards.digest(text) != digests.get(shard, ""):
            raise IncompleteReply(f"shard {shard} of the reply is not of its digest")
    held = accepted.digests if accepted is not None else {}
    for shard, digest in digests.items():
        if shard not in texts and (held.get(shard) != digest or shard in lacking):
            raise IncompleteReply(f"shard {shard} is missing in the reply")
    settings = state.settings
    if settings is None:
        if accepted is None:
            raise IncompleteReply("the settings are missing in the reply")
        settings = accepted.spec.settings
    head = {
        "uuid": uuid,
        "name": state.name,
        "generation": state.generation,
        "domain": state.domain,
        "revision": state.revision,
    }
    for shard, text in texts.items():
        spec_lib.check_shard(shard, text)
    told: tp.Mapping[str, str] = spec_lib.check_tenants(state.tenants)
    tenants = told
    if not knows_tenants and accepted is not None:
        tenants = accepted.tenants
    payload = _payload(head, settings, digests, tenants, in_revision=[told])
    return Candidate(payload, texts)


def _payload(
    head: tp.Mapping[str, tp.Any],
    settings: tp.Mapping[str, tp.Any],
    digests: shards.Digests,
    tenants: tp.Mapping[str, str],
    *,
    in_revision: tp.Sequence[tp.Mapping[str, str]],
) -> Payload:
    """Return a checked payload; its revision is of one of these tenants."""
    payload = Payload(
        uuid=str(head.get("uuid", "")),
        name=_name(head),
        generation=_generation(head),
        revision=_revision(head),
        spec=spec_lib.parse(head.get("domain"), settings),
        digests=digests,
        tenants=tenants,
    )
    settings_digest = revision.settings_digest(payload.spec.settings)
    if payload.revision not in (
        revision.compute(payload.domain, settings_digest, digests, known)
        for known in in_revision
    ):
        raise spec_lib.SpecError("the payload does not match its revision")
    return payload


def _revision(value: tp.Mapping[str, tp.Any]) -> str:
    found = value.get("revision")
    if not isinstance(found, str) or not _DIGEST.match(found):
        raise spec_lib.SpecError("the payload's revision is not a sha256")
    return found


def _name(value: tp.Mapping[str, tp.Any]) -> str:
    name = value.get("name", "")
    if not isinstance(name, str) or len(name) > _NAME_MAX:
        raise spec_lib.SpecError(
            "the payload's name is not a text of at most 255 characters"
        )
    return name


def _generation(value: tp.Mapping[str, tp.Any]) -> int:
    generation = value.get("generation", 0)
    if isinstance(generation, bool) or not isinstance(generation, int):
        raise spec_lib.SpecError("the payload's generation is not a number")
    return generation
