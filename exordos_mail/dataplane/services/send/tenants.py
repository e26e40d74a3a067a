# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The send service of the node, with the tenants of the accepted payload.

The service keeps its tenants itself, each with the tag that it came with. So it
is asked what it has, and only what differs is fetched and handed over. A tenant
goes because the accepted payload does not have it, and for no other reason.

An instance without tenants runs no service: then all of this is one look at the
disk. exim's part of the next pass waits for the end of this one, so nothing here
goes on while the doorbell rings.
"""

import logging
import time
import typing as tp

from exordos_mail.dataplane.engine import backoff, fetcher, files, inventory
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import report as report_lib
from exordos_mail.dataplane.engine import state as state_lib
from exordos_mail.dataplane.engine import unit as unit_lib
from exordos_mail.dataplane.services.send import control as send_control
from exordos_mail.dataplane.services.send import render as send_files
from exordos_mail.protocol import messages

LOG = logging.getLogger(__name__)

# Seconds that a pass takes for the service at most, beside the one exchange that
# is under way at the end.
_START_TIMEOUT, _STOP_TIMEOUT, _WORK_TIMEOUT = 10.0, 5.0, 3.0
# When the instance goes, nothing else waits; the unit's own limit is shorter.
_REMOVAL_TIMEOUT = 30.0
_INTERVAL = 0.05
# Without an answer so often in a row, the service is started anew.
_SILENCES = 3
_monotonic = time.monotonic


class NotYet(Exception):
    """It is under way and goes on in the next pass; one line of text."""


class NotReady(Exception):
    """The service does not do its part; one line of text."""


class NotStarted(NotReady):
    """The service was started, and is not there."""


_FAILURES = (
    unit_lib.ServiceError,
    send_control.ControlError,
    NotReady,
    OSError,
    KeyError,
)


class Tenants:
    """The send service, as the engine of the node sees it."""

    def __init__(
        self,
        layout: layout_lib.Layout,
        service: unit_lib.Unit,
        known: inventory.Inventory,
        gateway: fetcher.Fetcher,
        login_file: send_files.LoginFile,
    ) -> None:
        self._layout = layout
        self._service = service
        self._inventory = known
        self._fetcher = gateway
        self._login_file = login_file
        self._control = send_control.Control(layout.disk(layout.send_socket))
        self._backoff = backoff.Backoff()
        self._silences = 0
        self._is_missed = False
        self._hindrance = ""
        self._documents: tp.Mapping[str, messages.Document] = {}

    def judge(
        self, payload: payload_lib.Payload, told: report_lib.Report
    ) -> report_lib.Report:
        """Return the report of a node whose other part has told `told`."""
        reason = self._put_off(payload)
        if reason is not None:
            return told.without_revision().failed(reason)
        try:
            problem = self._problem(payload)
        except _FAILURES as exc:
            return told.without_revision().failed(self._failed(payload, exc))
        if problem is not None:
            return told.without_revision().waiting(problem)
        self._succeeded()
        return told

    def offer(self, documents: tp.Mapping[str, messages.Document]) -> None:
        """Have documents at hand that have come with a payload."""
        self._documents = documents

    def bring(self, payload: payload_lib.Payload) -> None:
        """Bring the service to a payload, as far as one pass may.

        Nothing is raised: `judge` tells what is missing. What has failed is
        tried again after 1 to 60 s, and at once for other tenants.
        """
        if not payload.tenants and not self._is_there:
            return
        if self._put_off(payload) is not None:
            return
        self._hindrance = ""
        try:
            with state_lib.Lock(self._layout):
                if payload.tenants:
                    self._serve(payload)
                else:
                    self._retire(_STOP_TIMEOUT)
        except (NotYet, fetcher.FetchError) as exc:
            self._hindrance = str(exc)
        except _FAILURES as exc:
            self._failed(payload, exc)
        else:
            self._documents = {}
            self._succeeded()

    def prepare(self, payload: payload_lib.Payload) -> None:
        """Put the service's files in place at boot, before it is started."""
        if payload.tenants:
            self._put_early(payload)
            self._put_late()

    def remove(self) -> None:
        """Stop the service and remove its files, its messages and its tenants.

        Raises:
            ServiceError: it could not be stopped; all of it is still there.
        """
        try:
            self._retire(_REMOVAL_TIMEOUT)
        except NotYet as exc:
            raise unit_lib.ServiceError(str(exc)) from None
        self._backoff = backoff.Backoff()

    # --- looking --------------------------------------------------------------

    @property
    def _is_there(self) -> bool:
        return files.signature(self._layout.disk(self._layout.send_dir)) is not None

    @property
    def _is_running(self) -> bool:
        # systemd makes the socket's directory for the service, and removes it
        # after the last of its processes.
        return self._layout.disk(self._layout.send_socket).parent.exists()

    def _problem(self, payload: payload_lib.Payload) -> str | None:
        """Return what is not as it should be; None: all of it is."""
        if not payload.tenants:
            return self._with_hindrance(_TO_GO) if self._is_there else None
        for tree in (self._early(payload), self._late()):
            for path, recipe in tree.items():
                if not self._inventory.is_in_place(path, recipe):
                    return f"{path} is not as it should be"
        try:
            held = self._control.look()
        except send_control.Away as exc:
            return self._with_hindrance(str(exc))
        different = _stale(payload, held) + _gone(payload, held)
        if different:
            return self._with_hindrance(
                f"{len(different)} tenants of the send service are to be changed"
            )
        return held.problem or None

    def _with_hindrance(self, problem: str) -> str:
        return "; ".join(filter(None, (problem, self._hindrance)))

    # --- serving --------------------------------------------------------------

    def _serve(self, payload: payload_lib.Payload) -> None:
        early = self._early(payload)
        if not all(self._inventory.is_in_place(*one) for one in early.items()):
            # It reads them when it starts. While it is down nobody has the old
            # ones, so a kill anywhere leaves nothing to remember.
            self._stop(_STOP_TIMEOUT)
        self._put_early(payload)
        self._put_late()
        held = self._reach()
        end = _monotonic() + _WORK_TIMEOUT
        for uuid in _gone(payload, held):
            self._control.remove(uuid)
            LOG.info("the send service has no tenant %s any more", uuid)
            self._breathe(end)
        self._hand_over(payload, held, end)
        if held.problem:
            raise NotReady(f"the send service is not ready: {held.problem}")

    def _hand_over(
        self, payload: payload_lib.Payload, held: send_control.Held, end: float
    ) -> None:
        """Hand over the tenants that differ; one that is refused stops no other."""
        stale = _stale(payload, held)
        refusal = ""
        for uuid, document in self._found(payload, stale):
            # It may be a later one than was wanted, and be there already.
            if document.get("tag") == held.tags.get(uuid):
                continue
            try:
                self._control.put(uuid, document)
            except send_control.Refused as exc:
                refusal = refusal or f"tenant {uuid}: {exc}"
                continue
            LOG.info("the send service has tenant %s", uuid)
            self._breathe(end)
        if refusal:
            raise NotReady(refusal)

    def _found(
        self, payload: payload_lib.Payload, stale: list[str]
    ) -> tp.Iterator[tuple[str, messages.Document]]:
        """Yield uuid and document of these tenants: those at hand come first."""
        at_hand = {
            uuid: self._documents[uuid]
            for uuid in stale
            if self._documents.get(uuid, {}).get("tag") == payload.tenants[uuid]
        }
        yield from at_hand.items()
        rest = [uuid for uuid in stale if uuid not in at_hand]
        if rest:
            yield from self._fetcher.tenants(rest)

    def _reach(self) -> send_control.Held:
        """Return what the service has; it is started if it does not run."""
        try:
            return self._control.look()
        except send_control.Away:
            self._service.start()
        end = _monotonic() + _START_TIMEOUT
        was_running = False
        while True:
            try:
                return self._control.look()
            except send_control.Away:
                is_running = self._is_running
                if was_running and not is_running:
                    raise NotStarted("the send service ends at its start") from None
                if _monotonic() > end:
                    raise NotStarted("the send service does not start") from None
            was_running = is_running
            self._sleep("the send service is starting")

    def _breathe(self, end: float) -> None:
        """Leave the rest to the next pass if this one is to end."""
        if self._fetcher.is_rung or _monotonic() > end:
            raise NotYet("the pass had other work to do")

    def _sleep(self, what: str) -> None:
        if self._fetcher.is_rung:
            raise NotYet(what)
        time.sleep(_INTERVAL)

    # --- files and the end ----------------------------------------------------

    def _early(self, payload: payload_lib.Payload) -> files.Tree:
        return send_files.at_start(payload.spec, self._layout)

    def _late(self) -> files.Tree:
        return send_files.later(self._layout, self._login_file)

    def _put_early(self, payload: payload_lib.Payload) -> None:
        send_files.make_directories(self._layout)
        tree = self._early(payload)
        self._inventory.put(tree, tree)

    def _put_late(self) -> None:
        tree = self._late()
        self._inventory.put(tree, tree)

    def _stop(self, seconds: float) -> None:
        if not self._is_running:
            return
        self._service.stop()
        end = _monotonic() + seconds
        while self._is_running:
            if _monotonic() > end:
                raise NotYet("the send service is stopping")
            self._sleep("the send service is stopping")

    def _retire(self, seconds: float) -> None:
        self._stop(seconds)
        layout = self._layout
        # It may be a link to the data disk, or a mount point: it stays, empty.
        files.clear(layout.disk(layout.send_data_dir).resolve())
        # Last: as long as it is there, the service counts as there.
        files.remove_tree(layout.disk(layout.send_dir))

    # --- failing --------------------------------------------------------------

    def _put_off(self, payload: payload_lib.Payload) -> str | None:
        """Return why nothing is tried now; None: something is."""
        # systemd starts it again and again; when it is back, all may be well.
        if self._is_missed and self._layout.disk(self._layout.send_socket).exists():
            return None
        return self._backoff.put_off(_wanted(payload))

    def _failed(self, payload: payload_lib.Payload, exc: Exception) -> str:
        self._is_missed = isinstance(exc, NotStarted)
        is_silent = isinstance(exc, send_control.Silent)
        self._silences = self._silences + 1 if is_silent else 0
        if self._silences >= _SILENCES:
            self._silences = 0
            LOG.warning("the send service has been silent for long: started anew")
            try:
                self._service.restart()
            except unit_lib.ServiceError as also:
                exc = also
        return self._backoff.failed(_wanted(payload), report_lib.reason_of(exc))

    def _succeeded(self) -> None:
        self._backoff.succeeded()
        self._silences = 0
        self._is_missed = False


_TO_GO = "the send service is still to be removed"


def _wanted(payload: payload_lib.Payload) -> backoff.Wanted:
    return {(tuple(payload.tenants.items()), payload.spec.send_networks)}


def _gone(payload: payload_lib.Payload, held: send_control.Held) -> list[str]:
    return sorted(held.tags.keys() - payload.tenants.keys())


def _stale(payload: payload_lib.Payload, held: send_control.Held) -> list[str]:
    return [uuid for uuid, tag in payload.tenants.items() if held.tags.get(uuid) != tag]
