# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Gets from the node gateway what the node is to be.

In a pass the gateway is asked once, however often the pass wants to know. That
it cannot be asked is told only after some seconds, so that a restart of the
control plane does not make every node's report flap.
"""

import time
import typing as tp

from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import source
from exordos_mail.dataplane.engine import state as state_lib
from exordos_mail.protocol import messages, revision

_NO_GATEWAY = "there is no node gateway to ask"
_PATIENCE = 10.0  # seconds
_monotonic = time.monotonic


class FetchError(Exception):
    """The gateway gave nothing that can be used; one line of text."""


class Fetcher:
    """The gateway, as the engine of the node sees it."""

    def __init__(self, gateway: source.Gateway | None, store: state_lib.Store) -> None:
        self._gateway = gateway
        self._store = store
        self._outcome: source.Reply | source.GatewayError | None = None
        self._since: float | None = None
        self._reason = ""
        self._has_tried = False
        self._at_hand: tp.Mapping[str, messages.Document] = {}

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
        try:
            if isinstance(outcome, source.GatewayError):
                # A new one: what is kept would keep the frames of each pass.
                raise source.GatewayError(str(outcome))
            accepted = self._store.load()
            candidate = payload_lib.from_reply(
                uuid,
                outcome.state,
                outcome.texts,
                accepted,
                () if accepted is None else self._store.damaged(accepted),
                outcome.knows_tenants,
            )
        except (source.GatewayError, payload_lib.IncompleteReply) as exc:
            self._reason = str(exc)
            if self._since is None:
                self._since = _monotonic()
            raise FetchError(self._reason) from None
        self._since = None
        return candidate

    def offer(self, documents: tp.Mapping[str, messages.Document]) -> None:
        """Have documents at hand that have come with a payload."""
        self._at_hand = documents

    def tenants(
        self, wanted: tp.Mapping[str, str]
    ) -> tp.Iterator[tuple[str, messages.Document]]:
        """Yield uuid and document of these tenants; some may be missing.

        Those at hand come first. The others are fetched as they are taken, a few at
        a time. A document may have a later tag than the one that was told, and a
        missing tenant may be gone: the next `fetch` says what is so.

        Args:
            wanted: tags by uuid.

        Raises:
            FetchError: the gateway gave nothing that can be used, or, after all
                that it gave, it could not make some.
        """
        at_hand = {
            uuid: self._at_hand[uuid]
            for uuid, tag in wanted.items()
            if self._at_hand.get(uuid, {}).get("tag") == tag
        }
        yield from at_hand.items()
        rest, problem = [uuid for uuid in wanted if uuid not in at_hand], ""
        for start in range(0, len(rest), messages.FETCH_MAX):
            reply = self._documents(rest[start : start + messages.FETCH_MAX])
            yield from reply.documents.items()
            problem = problem or reply.problem
        if problem:
            raise FetchError(problem)

    def complaint(self) -> str | None:
        """Return why nothing comes, if that has been so for some seconds."""
        if self._since is None or _monotonic() < self._since + _PATIENCE:
            return None
        return self._reason

    def _documents(self, uuids: list[str]) -> source.Documents:
        if self._gateway is None:
            raise FetchError(_NO_GATEWAY)
        try:
            return self._gateway.fetch_tenants(uuids)
        except source.GatewayError as exc:
            raise FetchError(str(exc)) from None

    def _ask(self) -> source.Reply | source.GatewayError:
        if self._gateway is None:
            return source.GatewayError(_NO_GATEWAY)
        settings, digests = "", {}
        accepted = self._store.load()
        if accepted is not None:
            settings = revision.settings_digest(accepted.spec.settings)
            lacking = self._store.damaged(accepted)
            digests = {
                shard: digest
                for shard, digest in accepted.digests.items()
                if shard not in lacking
            }
        try:
            return self._gateway.sync(settings, digests)
        except source.GatewayError as exc:
            return exc
