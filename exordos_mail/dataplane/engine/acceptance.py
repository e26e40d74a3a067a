# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Which payload a node is to have: what is wanted, what is known, what is kept."""

import typing as tp

from exordos_mail.dataplane.engine import backoff, fetcher
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import report as report_lib
from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.dataplane.engine import state as state_lib

_KNOWN_FAILURES = (
    spec_lib.SpecError,
    payload_lib.DamagedBucket,
    OSError,
    KeyError,
)


class Acceptance:
    """Finds the candidate that takes the accepted payload's place.

    Args:
        store: where the accepted payload is.
        source: the node gateway.
        accept: makes a candidate the accepted payload.
    """

    def __init__(
        self,
        store: state_lib.Store,
        source: fetcher.Fetcher,
        accept: tp.Callable[[payload_lib.Candidate], None],
    ) -> None:
        self._store = store
        self._fetcher = source
        self._accept = accept
        self._backoff = backoff.Backoff()

    def of_gateway(self, uuid: str) -> str | None:
        """Accept what the gateway says; return why that has failed."""
        return self._attempt(set(), lambda: self._fetcher.fetch(uuid))

    def of_platform(self, value: tp.Mapping[str, tp.Any]) -> str | None:
        """Accept what the platform wants; return why that has failed."""
        wanted = {str(value.get("revision"))}
        return self._attempt(wanted, lambda: self._candidate(value))

    def forget(self) -> None:
        """Forget what has failed."""
        self._backoff.succeeded()

    def _attempt(
        self,
        revisions: set[str],
        find: tp.Callable[[], payload_lib.Candidate | None],
    ) -> str | None:
        """Accept what `find` returns.

        `revisions` are those that ask for it: what was wanted, and what the
        gateway says in its place.
        """
        try:
            reason = self._backoff.put_off(revisions)
            if reason is not None:
                return reason
            candidate = find()
            if candidate is None:
                return None
            revisions = revisions | {candidate.payload.revision}
            reason = self._backoff.put_off(revisions)
            if reason is not None:
                return reason
            self._take(candidate)
        except fetcher.FetchError:
            return None
        except _KNOWN_FAILURES as exc:
            return self._backoff.failed(revisions, report_lib.reason_of(exc))
        self._backoff.succeeded()
        return None

    def _take(self, candidate: payload_lib.Candidate) -> None:
        accepted = self._store.load()
        if candidate.payload != accepted or self._store.damaged(accepted):
            self._accept(candidate)

    def _candidate(
        self, value: tp.Mapping[str, tp.Any]
    ) -> payload_lib.Candidate | None:
        if value.get("bulk") is not None:
            return self._fetcher.read(value)
        accepted = self._store.load()
        known = accepted is not None and accepted.has_head(value)
        if accepted is not None and known and not self._store.damaged(accepted):
            return payload_lib.Candidate(accepted, {})
        try:
            return self._fetcher.fetch(str(value.get("uuid", "")))
        except fetcher.FetchError:
            if accepted is None:
                return None
        # Not the wanted one, but the best that is known: it is repaired and
        # reported. An older head of the same content is one that we have pulled
        # past.
        if accepted.revision == value.get("revision"):
            renamed = accepted.with_head(value)
            if renamed.generation >= accepted.generation:
                accepted = renamed
        return payload_lib.Candidate(accepted, {})
