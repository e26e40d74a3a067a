# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The tenants of the node's send service.

The service keeps its tenants itself, each with the tag that it came with. So it
is asked what it has, and only what differs is fetched and handed over. A tenant
goes because the accepted payload does not have it, and for no other reason.
"""

import logging
import time

from exordos_mail.dataplane.engine import fetcher, send_socket, service
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.services.send import control

LOG = logging.getLogger(__name__)

_WORK_TIMEOUT = 3.0  # seconds of one pass
_monotonic = time.monotonic


def problem(payload: payload_lib.Payload, held: control.Held) -> str:
    """Return what the service's tenants lack to be those of a payload, or ""."""
    different = _stale(payload, held) | _gone(payload, held)
    if different:
        return f"{len(different)} tenants of the send service are to be changed"
    return held.problem


class Tenants:
    """Hands tenants over to the service, and takes them away."""

    def __init__(self, service_: control.Control, documents: fetcher.Fetcher) -> None:
        self._control = service_
        self._fetcher = documents

    def bring(self, payload: payload_lib.Payload, held: control.Held) -> None:
        """Bring the tenants that the service has to those of a payload.

        Raises:
            NotYet: the pass has other work to do.
            Problem: the service refuses one, or is not ready.
            FetchError: see Fetcher.documents_of.
        """
        end = _monotonic() + _WORK_TIMEOUT
        for uuid in sorted(_gone(payload, held)):
            self._control.remove(uuid)
            LOG.info("the send service has no tenant %s any more", uuid)
            self._breathe(end)
        self._hand_over(payload, held, end)
        if held.problem:
            raise service.Problem(f"the send service is not ready: {held.problem}")

    def _hand_over(
        self, payload: payload_lib.Payload, held: control.Held, end: float
    ) -> None:
        """Hand over the tenants that differ; one that is refused stops no other."""
        stale = _stale(payload, held)
        tags = payload.digests("tenants")
        wanted = {uuid: tag for uuid, tag in tags.items() if uuid in stale}
        refusal = ""
        for uuid, document in self._fetcher.documents_of("tenants", wanted):
            if uuid not in wanted or not isinstance(document, dict):
                continue  # nobody has told it to the node
            # It may be a later one than was wanted, and be there already.
            if document.get("tag") == held.tags.get(uuid):
                continue
            try:
                self._control.put(uuid, document)
            except send_socket.Refused as exc:
                refusal = refusal or f"tenant {uuid}: {exc}"
                continue
            LOG.info("the send service has tenant %s", uuid)
            self._breathe(end)
        if refusal:
            raise service.Problem(refusal)

    def _breathe(self, end: float) -> None:
        """Leave the rest to the next pass if this one is to end."""
        if self._fetcher.is_rung or _monotonic() > end:
            raise service.NotYet("the pass had other work to do")


def _gone(payload: payload_lib.Payload, held: control.Held) -> set[str]:
    if not payload.knows("tenants"):
        return set()
    return set(held.tags.keys() - payload.digests("tenants").keys())


def _stale(payload: payload_lib.Payload, held: control.Held) -> set[str]:
    tags = payload.digests("tenants")
    return {uuid for uuid, tag in tags.items() if held.tags.get(uuid) != tag}
