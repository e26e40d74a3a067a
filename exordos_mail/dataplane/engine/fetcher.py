# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Gets from a source what the node is to be: digests first, then the texts that differ.

In a pass the gateway is asked once, however often the pass wants to know. That
it cannot be asked is told only after some seconds, so that a restart of the
control plane does not make every node's report flap.
"""

import dataclasses
import time
import typing as tp

from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import source
from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.dataplane.engine import state as state_lib
from exordos_mail.protocol import documents, messages

_NO_GATEWAY = "there is no node gateway to ask"
_PATIENCE = 10.0  # seconds
# How often the state is asked for anew because a text was newer than its digest.
_ROUNDS = 5
# The digest over a collection without documents.
_EMPTY = documents.summary({})
_monotonic = time.monotonic


class FetchError(Exception):
    """The gateway gave nothing that can be used; one line of text."""


class IncompleteReply(Exception):
    """Replies of a source from which no payload can be put together."""


@dataclasses.dataclass(frozen=True)
class Reply:
    """What the node must be: all its collections, and the texts that are new."""

    state: messages.State
    collections: documents.Collections
    texts: payload_lib.Texts = dataclasses.field(repr=False)


class Fetcher:
    """The sources, as the engine of the node sees them."""

    def __init__(self, gateway: source.Gateway | None, store: state_lib.Store) -> None:
        self._gateway = gateway
        self._store = store
        self._outcome: Reply | Exception | None = None
        self._since: float | None = None
        self._reason = ""
        self._has_tried = False
        self._delivered: source.Delivered | None = None

    def begin_pass(self) -> None:
        """Drop the previous pass's reply.

        Also clear the failure timer if that pass never asked.
        """
        if not self._has_tried:
            self._since = None
        self._has_tried = False
        self._outcome = None

    @property
    def has_news(self) -> bool:
        """Whether asking is worth it: the doorbell has rung, or asking failed."""
        gateway = self._gateway
        if gateway is None or not gateway.is_up:
            return False
        return gateway.is_rung or self._since is not None

    @property
    def is_rung(self) -> bool:
        """Whether the doorbell has rung since the gateway was asked."""
        return self._gateway is not None and self._gateway.is_rung

    def ask(self) -> None:
        """Ask now; whoever fetches in this pass gets the answer."""
        self._outcome = self._ask()

    def fetch(self, uuid: str) -> payload_lib.Candidate:
        """Return what the gateway wants this node to be.

        Args:
            uuid: the resource's, which the gateway does not know.

        Raises:
            FetchError: nothing usable came.
            SpecError: it breaks a rule.
        """
        self._has_tried = True
        outcome = self._outcome or self._ask()
        if isinstance(outcome, Exception):
            self._reason = str(outcome)
            if self._since is None:
                self._since = _monotonic()
            # A new one: what is kept would keep the frames of each pass.
            raise FetchError(self._reason)
        self._since = None
        return self._candidate(uuid, outcome)

    def read(self, value: tp.Mapping[str, tp.Any]) -> payload_lib.Candidate:
        """Return what a payload of the platform says that carries everything.

        Raises:
            SpecError: it breaks a rule, or is not whole.
        """
        delivered = source.Delivered(value)
        try:
            reply = self._collect(delivered)
        except IncompleteReply as exc:
            raise spec_lib.SpecError(str(exc)) from None
        candidate = self._candidate(str(value.get("uuid", "")), reply)
        if candidate.payload.domain != value.get("domain"):
            raise spec_lib.SpecError("the payload's domain is not that of its settings")
        self._delivered = delivered
        return candidate

    def release(self) -> None:
        """Forget the texts that have come with a payload: nobody needs them."""
        self._delivered = None

    def documents_of(
        self, collection: str, wanted: tp.Mapping[str, str]
    ) -> tp.Iterator[tuple[str, tp.Any]]:
        """Yield key and document of these buckets; some may be missing.

        Those that came with a payload are first. The others are fetched as they are
        taken, a few at a time. A document may have a later tag than the one that was
        told, and a missing one may be gone: the next `fetch` says what is so.

        Args:
            collection: one whose buckets have tags.
            wanted: tags by bucket.

        Raises:
            FetchError: the source gave nothing that can be used, or, after all
                that it gave, it could not make some.
        """
        at_hand: dict[str, str] = {}
        if self._delivered is not None:
            told = self._delivered.collections.get(collection, {})
            known = [one for one, tag in wanted.items() if told.get(one) == tag]
            at_hand = dict(self._delivered.fetch(collection, known).texts)
        yield from _documents(at_hand)
        rest, problem = [one for one in wanted if one not in at_hand], ""
        for some in _few(rest):
            if self._gateway is None:
                raise FetchError(_NO_GATEWAY)
            try:
                reply = self._gateway.fetch(collection, some)
            except source.GatewayError as exc:
                raise FetchError(str(exc)) from None
            yield from _documents(reply.texts)
            problem = problem or reply.problem
        if problem:
            raise FetchError(problem)

    def complaint(self) -> str | None:
        """Return why nothing comes, if that has been so for some seconds."""
        if self._since is None or _monotonic() < self._since + _PATIENCE:
            return None
        return self._reason

    def _candidate(self, uuid: str, reply: Reply) -> payload_lib.Candidate:
        return payload_lib.from_reply(
            uuid, reply.state, reply.collections, reply.texts, self._store
        )

    def _ask(self) -> Reply | Exception:
        if self._gateway is None:
            return source.GatewayError(_NO_GATEWAY)
        try:
            return self._collect(self._gateway)
        except (source.GatewayError, IncompleteReply) as exc:
            return type(exc)(str(exc))

    def _collect(self, origin: source.Source) -> Reply:
        """Ask for the state and for the texts that the node lacks.

        A text that is newer than the state that was told is no fault: then the state is
        asked for anew, and of the texts only what differs again.

        Raises:
            GatewayError: see Source.
            IncompleteReply: what came does not fit.
        """
        accepted = self._store.load()
        held = accepted.collections if accepted is not None else {}
        have = documents.summaries(held)
        #: By digest; by bucket and tag where there is no digest.
        texts: dict[tp.Hashable, str] = {}
        for _ in range(_ROUNDS):
            state = origin.sync(have)
            collections = _joined(state, held, have)
            # Of one that is not named nothing can come: what is lost there stays so.
            kept = payload_lib.kept(
                {name: collections.get(name, {}) for name in state.collections}
            )
            wanted = {one: kept[one] for one in self._store.lacking(kept)}
            if self._fetch(origin, wanted, texts):
                new = {one: texts[_key(one, wanted[one])] for one in wanted}
                return Reply(state, collections, new)
        collection, bucket = next(
            one for one in wanted if _key(one, wanted[one]) not in texts
        )
        raise IncompleteReply(
            f"bucket {bucket} of {collection} is missing, or not of its digest"
        )

    @staticmethod
    def _fetch(
        origin: source.Source,
        wanted: tp.Mapping[payload_lib.Place, str],
        texts: dict[tp.Hashable, str],
    ) -> bool:
        """Fetch those of the texts that are not there; return whether all are now.

        The text of a bucket with a tag may be a later one: then its next tag says so.
        """
        missing: dict[str, list[str]] = {}
        for place, digest in wanted.items():
            if _key(place, digest) not in texts:
                missing.setdefault(place[0], []).append(place[1])
        for collection, buckets in missing.items():
            for some in _few(buckets):
                for bucket, text in origin.fetch(collection, some).texts.items():
                    place = (collection, bucket)
                    if documents.is_tag(wanted.get(place, "0" * 64)):
                        texts[_key(place, wanted[place])] = text
                    else:
                        texts[documents.digest(text)] = text
        return all(_key(place, digest) in texts for place, digest in wanted.items())


def _key(place: payload_lib.Place, digest: str) -> tp.Hashable:
    """Return what tells the text of a bucket from others."""
    return (place, digest) if documents.is_tag(digest) else digest


def _joined(
    state: messages.State, held: documents.Collections, have: tp.Mapping[str, str]
) -> dict[str, documents.Digests]:
    """Return what is held, in the state that was told; `have`: its digests."""
    if state.changed.keys() - state.collections.keys():
        raise IncompleteReply("there are buckets of what the state does not name")
    collections = {**held, **state.changed}
    found = {**have, **documents.summaries(state.changed)}
    for name, told in state.collections.items():
        if found.get(name, _EMPTY) != told:
            raise IncompleteReply(f"the buckets of {name} are not those of the state")
    return collections


def _few(buckets: list[str]) -> tp.Iterator[list[str]]:
    for start in range(0, len(buckets), messages.FETCH_MAX):
        yield buckets[start : start + messages.FETCH_MAX]


def _documents(texts: tp.Mapping[str, str]) -> tp.Iterator[tuple[str, tp.Any]]:
    for text in texts.values():
        try:
            yield from documents.parse(text).items()
        except ValueError:
            raise FetchError("a text of the gateway is not that of a bucket") from None
