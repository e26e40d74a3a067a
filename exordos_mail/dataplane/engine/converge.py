# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The engine of a node: brings the machine to a payload and reports the truth.

    observe()         what is in service, from the disk and the sockets
    pull()            make it what the gateway says, if the doorbell has rung
    converge(value)   make the payload so, whatever is there now
    remove()          leave nothing
    prepare()         the files only, at boot, before any service is started

An apply goes forward from one commit point: the payload is checked, and each service
that it changes rehearses it; then it becomes the accepted one; then the services are
brought to it, in the order of their needs (runner.py). A service whose rehearsal has
failed keeps what it has. A process that is killed anywhere leaves each file either old
or new, and the next pass goes on to the accepted payload.
"""

import contextlib
import dataclasses
import logging
import typing as tp

from exordos_mail.dataplane.engine import (
    acceptance,
    fetcher,
    files,
    glance,
    health,
    inventory,
    lock,
    observer,
    runner,
    service,
    source,
)
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import report as report_lib
from exordos_mail.dataplane.engine import state as state_lib
from exordos_mail.dataplane.engine import unit as unit_lib

LOG = logging.getLogger(__name__)

# Seconds. Where the bell has rung once, the next pass looks, 0.1 s after it.
_LOOK_LIFE = 3.0


class MailNode:
    """The mail service of this machine.

    Args:
        makers: the services in the order of their needs.
        layout: where everything is.
        gateway: the client of the node gateway; None: there is none.
        units: what runs services in systemd's place, by the service's name.
    """

    def __init__(
        self,
        makers: tp.Iterable[service.Maker],
        layout: layout_lib.Layout | None = None,
        gateway: source.Gateway | None = None,
        units: tp.Mapping[str, unit_lib.Unit] | None = None,
    ) -> None:
        self._layout = layout or layout_lib.Layout()
        self._seen = glance.Glance(_LOOK_LIFE)
        self._store = state_lib.Store(self._layout, self._seen)
        self._fetcher = fetcher.Fetcher(gateway, self._store)
        self._inventory = inventory.Inventory(self._layout, self._seen)
        self._lock = lock.Shared(self._layout)
        self._acceptance = acceptance.Acceptance(
            self._store, self._fetcher, self._accept
        )
        tools = service.Tools(
            self._layout,
            self._store,
            self._inventory,
            self._fetcher,
            units or {},
            gateway,
            observer.FactTeller(gateway),
        )
        self._runners = [
            runner.Runner(make(tools), self._store, self._lock, self._seen)
            for make in makers
        ]
        self._health = health.HealthWatch(self._layout)

    def observe(self) -> report_lib.Report:
        """Return what is in service now.

        Never raises for the state of the machine: what cannot be read is
        reported as not in service, with the reason.
        """
        try:
            report = self._in_service()
        except (OSError, KeyError) as exc:
            report = report_lib.Report().failed(report_lib.reason_of(exc))
        complaint = self._fetcher.complaint()
        if complaint is not None:
            report = report.waiting(report_lib.joined(report.reason, complaint))
        # All is in place, and of no use: nothing is applied anew for it.
        lack = report_lib.joined(*(one.lack for one in self._runners))
        if lack:
            report = report.failed(report_lib.joined(lack, report.reason))
        return dataclasses.replace(report, health=self._looked_at())

    def _looked_at(self) -> tp.Mapping[str, tp.Any] | None:
        """Return what the doors of all services are like; None: not known now."""
        try:
            doors = [one.doors() for one in self._runners]
        except (OSError, KeyError, service.Problem):
            return None
        self._health.watch({key: one for some in doors for key, one in some.items()})
        return self._health.told()

    def pull(self) -> None:
        """Look at the gateway if the doorbell has rung: once in a pass.

        A failure is told by the next report. A node without a payload takes
        nothing: the platform has not given it an instance, or has taken it.
        """
        self._health.begin()
        for one in self._runners:
            one.attend()
        self._fetcher.begin_pass()
        is_rung = self._fetcher.has_news
        try:
            if is_rung:
                self._follow_the_bell()
        finally:
            # The pass goes on with a look at all files. A bell that rings again and
            # again has a look every 3 s; the pass after it looks in any case.
            self._seen.begin(spared=is_rung)

    def _follow_the_bell(self) -> None:
        self._fetcher.ask()
        accepted = self._store.load()
        if accepted is not None:
            self._acceptance.of_gateway(accepted.uuid)
            # Its texts are in place.
            self._bring(with_repair=False)
            self._health.soon()

    def converge(self, value: tp.Mapping[str, tp.Any]) -> report_lib.Report:
        """Bring the node to a payload; return what is in service afterwards.

        A payload without bulk says that there is something to look at: what it
        is, says the gateway, and where there is none, the accepted payload. A
        failure is reported with the state that stayed in service, and tried
        again after 1 to 60 s; another revision is tried at once.
        """
        reason = self._acceptance.of_platform(value)
        reason = report_lib.joined(reason, self._bring())
        report = self.observe()
        self._health.soon()
        return report.failed(reason) if reason else report

    def accepted(self) -> payload_lib.Payload | None:
        """Return the accepted payload, if the node has one."""
        return self._store.load()

    def remove(self) -> None:
        """Stop the services and remove every file of the node.

        Raises:
            Problem, ServiceError, OSError: one could not be stopped; something of it
                may be there. All that the others have is gone still.
        """
        self._seen.end()
        self._health.forget()
        with self._lock, contextlib.ExitStack() as stack:
            # The accepted payload goes last: a removal that was killed is taken up
            # again by the next pass. It may be a mount point: it stays, empty.
            stack.callback(self._acceptance.forget)
            state_dir = self._layout.disk(self._layout.state_dir)
            stack.callback(lambda: files.clear(state_dir.resolve()))
            for one in reversed(self._runners):
                stack.callback(one.retire)

    def prepare(self) -> bool:
        """Put the files of the accepted payload in place; False: there is none.

        For the boot: the services are started afterwards.

        Raises:
            RehearsalFailed: a configuration did not pass its rehearsal and was not
                written, so its service starts with the old one.
            Problem, OSError, KeyError: the files of a service are not in place; those
                of the others are.
            BlockingIOError: the agent is at work.
        """
        # An agent that is at work does the same and more; and it may be waiting
        # for a service manager that waits for us.
        with lock.Lock(self._layout, wait=False):
            accepted = self._store.load()
            if accepted is None:
                return False
            self._seen.end()
            self._repair()
            with contextlib.ExitStack() as stack:
                for one in reversed(self._runners):
                    stack.callback(one.prepare)
            return True

    # --- applying -----------------------------------------------------------

    def _accept(self, candidate: payload_lib.Candidate) -> None:
        with self._lock:
            self._store.add(candidate)
            for one in self._runners:
                one.admit(candidate.payload)
            # --- the commit point ---
            self._store.accept(candidate.payload)
        unknown = self._unknown(candidate.payload)
        if unknown:
            LOG.warning("%s", unknown)

    def _unknown(self, payload: payload_lib.Payload) -> str:
        """Return what of a payload is for a later release of this software, or ""."""
        known = {name for one in self._runners for name in one.reads}
        names = ", ".join(payload.unknown(known))
        return f"this node's image is too old for: {names}" if names else ""

    def _bring(self, with_repair: bool = True) -> str:
        """Bring all services to the accepted payload; return who keeps an old one."""
        try:
            accepted = self._store.load()
            if accepted is None:
                return ""
            if with_repair:
                with self._lock:
                    self._repair()
        except (OSError, KeyError) as exc:
            return report_lib.reason_of(exc)
        kept = [one.bring(accepted) for one in self._runners]
        self._sweep()
        return report_lib.joined(*kept)

    def _repair(self) -> None:
        """Put the node's own copy in place."""
        tree, damaged = self._store.recipes(), self._store.damaged_paths()
        self._inventory.put(tree, set(tree) - damaged)

    def _sweep(self) -> None:
        """Remove what nothing names any more; who is still at work may return to it."""
        if any(one.is_busy for one in self._runners):
            return
        with contextlib.suppress(OSError):  # the report tells
            for path in self._strays(self._store.recipes()):
                self._inventory.remove(path)
                self._store.remove(path)

    # --- looking --------------------------------------------------------------

    def _in_service(self) -> report_lib.Report:
        accepted = self._store.load()
        if accepted is None:
            return report_lib.Report(reason="no payload has been accepted yet")
        # With one that keeps an old state, the node is at that one.
        held = [one.state for one in self._runners if one.is_held]
        base = held[0] if held else accepted
        report = report_lib.of(base)
        problem = self._problem(accepted)
        if problem is not None:
            report = report.lacking(problem)
        for one in self._runners:
            report = one.judge(base, report)
        # It goes on without.
        reason = report_lib.joined(report.reason, self._unknown(accepted))
        return dataclasses.replace(report, reason=report_lib.one_line(reason))

    def _problem(self, accepted: payload_lib.Payload) -> str | None:
        """Return what is wrong with the node's own copy; None: nothing."""
        tree, damaged = self._store.recipes(), self._store.damaged_paths()
        if damaged:
            broken = sorted(self._store.damaged(accepted))
            what = "bucket {1} of {0}".format(*broken[0]) if broken else min(damaged)
            return f"the node's own copy of {what} is damaged"
        for path, recipe in tree.items():
            if not self._inventory.is_in_place(path, recipe):
                return f"{path} is not as it should be"
        for path in self._strays(tree):
            return f"{path} does not belong there"
        return None

    def _strays(self, tree: files.Tree) -> list[str]:
        directories = [self._layout.documents_dir]
        return files.strays(self._layout, directories, files.with_parents(tree))
