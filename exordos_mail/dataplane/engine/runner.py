# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""One service of the node and what the engine knows of it.

Whatever a service does is done by its worker: one that hangs is waited for once, and
the others after it go on. What it raises is told by the next report, and tried again
after 1 to 60 s, or at once for another state. A state that it must not or cannot have
does not replace its own: that is held (state.py) until a later one goes into service.
"""

import dataclasses
import logging
import typing as tp

from exordos_mail.dataplane.engine import backoff, fetcher, glance, lock, worker
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import report as report_lib
from exordos_mail.dataplane.engine import service as service_lib
from exordos_mail.dataplane.engine import state as state_lib
from exordos_mail.dataplane.engine import unit as unit_lib

LOG = logging.getLogger(__name__)

_KNOWN_FAILURES = (
    *(service_lib.Problem, unit_lib.ServiceError),
    payload_lib.DamagedBucket,
)
# Seconds that the others wait: for a rehearsal with a start, and for a look.
_PATIENCE, _LOOK_PATIENCE = 15.0, 3.0
# When the instance goes, nothing else waits; the units' own limits are shorter.
_REMOVAL_TIMEOUT = 30.0


class Runner:
    """A service, for the engine: no method raises for what the service does."""

    def __init__(
        self,
        service: service_lib.Service,
        store: state_lib.Store,
        shared: lock.Shared,
        seen: glance.Glance,
    ) -> None:
        self.lack = ""
        self._service = service
        self._store = store
        store.know(service.name)
        self._lock = shared
        self._seen_files = seen
        self._worker = worker.Worker(service.name)
        self._backoff = backoff.Backoff()
        self._is_over: tp.Callable[[], bool] | None = None
        self._rehearsed: tp.Hashable = None
        self._before: payload_lib.Payload | None = None
        self._hindrance = ""
        self._seen: tuple[tp.Hashable, service_lib.Health] | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        """The collections that the service is made of."""
        return self._service.reads

    @property
    def is_held(self) -> bool:
        """Whether the service keeps another state than the accepted one."""
        return self._store.is_held(self._service.name)

    @property
    def state(self) -> payload_lib.Payload | None:
        """What the service has; None: nothing."""
        return self._store.in_service(self._service.name)

    @property
    def is_busy(self) -> bool:
        """Whether a step that was late goes on."""
        return not self._worker.wait(0)

    # --- changing -------------------------------------------------------------

    def admit(self, candidate: payload_lib.Payload) -> None:
        """Rehearse what is to be accepted; who cannot have it holds what it has.

        This comes before the commit: afterwards nobody knows what was before.
        """
        service, before = self._service, self.state
        part = service.part(candidate)
        is_new = before is None or service.part(before) != part
        if not is_new:
            return
        self._before = before
        if service.wanted(candidate) and not self._passes(candidate, part):
            self._store.hold(service.name, before)

    def bring(self, accepted: payload_lib.Payload) -> str:
        """Bring the service to a state; return why it keeps its old one, or ""."""
        part = self._service.part(accepted)
        reason = self._put_off(part)
        if reason is None:
            self._worker.run(lambda: self._bring(accepted, part), _PATIENCE)
            reason = self._put_off(part)
        return reason or "" if self.is_held else ""

    def attend(self) -> None:
        """Have the service do what is due in each pass, if there is such a thing."""
        if type(self._service).attend is service_lib.Service.attend:
            return

        def attend() -> None:
            try:
                self._service.attend()
            except (OSError, service_lib.Problem):
                LOG.info("service %s: tried again in the next pass", self._service.name)

        self._worker.run(attend, _LOOK_PATIENCE)

    def prepare(self) -> None:
        """Put the service's files in place at boot.

        Raises:
            Problem, OSError, KeyError: see Service.prepare.
        """
        state = self.state
        if state is not None and self._service.wanted(state):
            self._service.prepare(state)

    def retire(self) -> None:
        """Stop the service and remove what it has.

        Raises:
            Problem, OSError: something of it may still be there.
        """
        self._service.retire(_REMOVAL_TIMEOUT)
        if not self._worker.wait(_REMOVAL_TIMEOUT):
            raise service_lib.Problem(f"{self._service.name} is still at work")
        self._backoff.succeeded()
        self._seen = None

    def _passes(self, candidate: payload_lib.Payload, part: tp.Hashable) -> bool:
        if self._put_off(part) is not None:
            return False
        self._rehearsed = None

        def rehearse() -> None:
            with self._guarded(part), self._lock:
                self._service.rehearse(candidate)
                self._rehearsed = part

        return self._worker.run(rehearse, _PATIENCE) and self._rehearsed == part

    def _bring(self, accepted: payload_lib.Payload, part: tp.Hashable) -> None:
        name = self._service.name
        self._hindrance = ""
        with self._guarded(part), self._lock:
            before = self.state if self._before is None else self._before
            self._before = None
            try:
                self._replace(accepted, before, part)
            except (service_lib.RehearsalFailed, service_lib.Refused):
                if before != accepted:
                    self._store.hold(name, before)
                raise
            self._store.release(name)
            self._backoff.succeeded()

    def _replace(
        self,
        accepted: payload_lib.Payload,
        before: payload_lib.Payload | None,
        part: tp.Hashable,
    ) -> None:
        service, rehearsed = self._service, self._rehearsed
        self._rehearsed = None
        if not service.wanted(accepted):
            self._leave()
            return
        if rehearsed != part:
            service.rehearse(accepted)
        service.bring(accepted, before)

    def _leave(self) -> None:
        """Retire the service; what has been seen of its files counts no more."""
        had_something = True
        try:
            had_something = self._service.retire(_LOOK_PATIENCE)
        finally:
            if had_something:
                self._seen_files.forget_all()

    # --- looking --------------------------------------------------------------

    def judge(
        self, base: payload_lib.Payload | None, told: report_lib.Report
    ) -> report_lib.Report:
        """Return `told`, the report of the others, with what this service adds.

        `base` is the state that is reported: who has another one says so.
        """
        state, self.lack = self.state, ""
        if state is None:
            return told.without_revision()
        health = self._look(state)
        told = dataclasses.replace(told, **health.facts)
        if base is None or self._service.part(state) != self._service.part(base):
            told = told.lacking(f"{self._service.name} has a later state already")
        if health.failure:
            reason = report_lib.joined(told.reason, health.failure)
            return told.without_revision().failed(reason)
        if health.problem:
            return told.lacking(report_lib.joined(health.problem, self._hindrance))
        self.lack = health.lack
        return told

    def _look(self, state: payload_lib.Payload) -> service_lib.Health:
        """Return what the service is; what was tried in vain is not looked at."""
        part, is_held = self._service.part(state), self.is_held
        reason = self._put_off(part)
        if reason is not None:
            return service_lib.Health(failure=reason)

        def look() -> None:
            with self._guarded(part):
                health = self._health(state)
                self._seen = (part, health)
                if not (health.problem or is_held):
                    self._backoff.succeeded()

        if not self._worker.run(look, _LOOK_PATIENCE):
            return self._late(part)
        reason = self._put_off(part)
        if reason is not None:
            return service_lib.Health(failure=reason)
        return self._last(part)

    def _health(self, state: payload_lib.Payload) -> service_lib.Health:
        try:
            return self._service.health(state)
        except service_lib.NotYet as exc:
            return service_lib.Health(problem=str(exc))

    def _last(self, part: tp.Hashable) -> service_lib.Health:
        if self._seen is None or self._seen[0] != part:
            return service_lib.Health(problem=f"{self._service.name} is not known yet")
        return self._seen[1]

    def _late(self, part: tp.Hashable) -> service_lib.Health:
        """Return what is told of a service that is still at work."""
        last = self._last(part)
        problem = last.problem or f"{self._service.name} does not answer in time"
        return dataclasses.replace(last, problem=problem, lack="")

    def doors(self) -> dict[tuple[str, int | None, str | None, str], service_lib.Door]:
        """Return where the service answers in its state, by what identifies each."""
        state, name = self.state, self._service.name
        if state is None or not self._service.wanted(state):
            return {}
        doors = self._service.doors(state)
        return {(name, one.port, one.path, one.protocol): one for one in doors}

    # --- failing --------------------------------------------------------------

    def _put_off(self, part: tp.Hashable) -> str | None:
        """Return why nothing is tried now; None: something is."""
        if self._is_over is not None and self._is_over():
            return None
        return self._backoff.put_off({part})

    def _guarded(self, part: tp.Hashable) -> "_Guard":
        return _Guard(self, part)

    def take(self, part: tp.Hashable, exc: Exception) -> None:
        """Remember what a step has raised."""
        if isinstance(exc, (service_lib.NotYet, fetcher.FetchError)):
            self._hindrance = str(exc)
            return
        known = (*_KNOWN_FAILURES, OSError, KeyError)
        reason = report_lib.reason_of(exc)
        if not isinstance(exc, known):
            # Its text may hold values.
            LOG.error("service %s: %s", self._service.name, type(exc).__name__)
            reason = f"{self._service.name}: internal error: {type(exc).__name__}"
        self._is_over = getattr(exc, "is_over", None)
        self._backoff.failed({part}, reason)


class _Guard:
    """What ends here is told, and not raised."""

    def __init__(self, runner: Runner, part: tp.Hashable) -> None:
        self._runner = runner
        self._part = part

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, exc: BaseException | None, _: object) -> bool:
        if not isinstance(exc, Exception):
            return False
        self._runner.take(self._part, exc)
        return True
