# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The engine of a node: brings the machine to a payload and reports the truth.

    observe()         what is in service, from the disk and the sockets
    pull()            make it what the gateway says, if the doorbell has rung
    converge(value)   make the payload so, whatever is there now
    remove()          leave nothing
    prepare()         the files only, at boot, before exim is started

An apply goes forward from one commit point: the payload is checked and (if
exim's configuration changes) rehearsed first; then it becomes the accepted
one; then the files follow, and last of all the send service (services/send). A
process that is killed anywhere leaves each file either old or new, and the next
pass goes on to the accepted payload.
"""

import contextlib
import typing as tp

from exordos_mail import constants as c
from exordos_mail.dataplane.engine import (
    apply,
    backoff,
    certificate,
    fetcher,
    files,
    inventory,
    service,
    source,
)
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import report as report_lib
from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.dataplane.engine import state as state_lib
from exordos_mail.dataplane.engine import unit as unit_lib
from exordos_mail.dataplane.services.exim import (
    daemon,
    lockout,
    managed,
    observe,
    rehearsal,
    render,
    room,
    strangers,
)
from exordos_mail.dataplane.services.send import tenants


class NotInService(Exception):
    """exim does not run the new configuration; one line of text."""


_KNOWN_FAILURES = (
    spec_lib.SpecError,
    service.RehearsalFailed,
    unit_lib.ServiceError,
    NotInService,
    state_lib.DamagedShard,
    OSError,
    KeyError,
)


class MailNode:
    """The mail service of this machine."""

    def __init__(
        self,
        layout: layout_lib.Layout | None = None,
        service: unit_lib.Unit | None = None,
        gateway: source.Gateway | None = None,
        send_service: unit_lib.Unit | None = None,
    ) -> None:
        self._layout = layout or layout_lib.Layout()
        self._daemon = daemon.Daemon(
            self._layout, service or unit_lib.SystemdUnit(c.EXIM4_UNIT)
        )
        self._store = state_lib.Store(self._layout)
        self._fetcher = fetcher.Fetcher(gateway, self._store)
        self._inventory = inventory.Inventory(self._layout)
        self._certificate = certificate.Watch(self._layout)
        self._managed = managed.Maker(self._layout, self._store)
        self._observer = observe.Observer(
            self._layout,
            self._store,
            self._daemon,
            self._inventory,
            self._certificate,
            self._managed,
        )
        self._tenants = tenants.Tenants(
            self._layout,
            # exim's part waits for nothing of it, not even for its stop.
            send_service or unit_lib.SystemdUnit(c.SEND_UNIT, wait=False),
            self._inventory,
            self._fetcher,
            render.render_send_login,
        )
        self._backoff = backoff.Backoff()
        self._strangers = strangers.Strangers(self._layout)

    def observe(self) -> report_lib.Report:
        """Return what is in service now.

        Never raises for the state of the machine: what cannot be read is
        reported as not in service, with the reason.
        """
        report = self._mail()
        accepted = self.accepted() if report.revision else None
        if accepted is not None:
            report = self._tenants.judge(accepted, report)
        complaint = self._fetcher.complaint()
        if complaint is not None:
            report = report.waiting(report_lib.joined(report.reason, complaint))
        # All is in place, and of no use: nothing is applied anew for it.
        lack = self._lack() if accepted is not None else None
        return report.failed(report_lib.joined(lack, report.reason)) if lack else report

    def pull(self) -> None:
        """Look at the gateway if the doorbell has rung: once in a pass.

        A failure is told by the next report. A node without a payload takes
        nothing: the platform has not given it an instance, or has taken it.
        """
        with contextlib.suppress(OSError):  # the next look tries again
            self._strangers.end()
        self._fetcher.begin_pass()
        if not self._fetcher.has_news:
            return
        self._fetcher.ask()
        accepted = self._store.load()
        if accepted is not None:
            uuid = accepted.uuid
            self._attempt(set(), lambda: self._fetcher.fetch(uuid))
            self._bring_tenants()

    def converge(self, value: tp.Mapping[str, tp.Any]) -> report_lib.Report:
        """Bring the node to a payload; return what is in service afterwards.

        A payload without bulk says that there is something to look at: what it
        is, says the gateway, and where there is none, the accepted payload. A
        failure is reported with the state that stayed in service, and tried
        again after 1 to 60 s; another revision is tried at once.
        """
        wanted = {str(value.get("revision"))}
        reason = self._attempt(wanted, lambda: self._candidate(value))
        self._bring_tenants()
        report = self.observe()
        return report if reason is None else report.failed(reason)

    def accepted(self) -> payload_lib.Payload | None:
        """Return the accepted payload, if the node has one."""
        return self._store.load()

    def remove(self) -> None:
        """Stop the services and remove every file of the node.

        Raises:
            ServiceError: one could not be stopped. exim's files are gone still,
                those of the send service may be there.
        """
        with state_lib.Lock(self._layout):
            try:
                self._daemon.stop()
            finally:
                try:
                    self._tenants.remove()
                finally:
                    apply.remove_everything(self._layout)
                    self._backoff.succeeded()

    def prepare(self) -> bool:
        """Put the files of the accepted payload in place; False: there is none.

        For the boot: exim is started afterwards. A configuration that does not
        pass the rehearsal is not written, so exim starts with the old one.

        Raises:
            RehearsalFailed: see above; the other files are in place.
            BlockingIOError: the agent is at work.
        """
        layout = self._layout
        # An agent that is at work does the same and more; and it may be waiting
        # for a service manager that waits for us.
        with state_lib.Lock(layout, wait=False):
            payload = self._store.load()
            if payload is None:
                return False
            apply.ensure_directories(layout)
            certificate.ensure(layout, payload.domain, observe.now())
            tree, expected, _ = self._managed.of(payload)
            self._inventory.put(tree, set(tree) - {layout.exim_conf})
            if not self._inventory.is_in_place(
                layout.exim_conf, tree[layout.exim_conf]
            ):
                rehearsal.rehearse(payload.spec, layout)
                self._inventory.put(tree, [layout.exim_conf])
            apply.remove_strays(layout, expected)
            self._tenants.prepare(payload)
            # No session has outlived the boot.
            lockout.clear(layout)
            return True

    # --- applying -----------------------------------------------------------

    def _attempt(
        self,
        revisions: set[str],
        find: tp.Callable[[], payload_lib.Candidate | None],
    ) -> str | None:
        """Apply exim's part of what `find` returns; return why that has failed.

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
            if candidate.payload != self._store.load() or not self._mail().revision:
                with state_lib.Lock(self._layout):
                    self._apply(candidate)
        except fetcher.FetchError:
            return None
        except _KNOWN_FAILURES as exc:
            return self._backoff.failed(revisions, report_lib.reason_of(exc))
        self._tenants.offer(candidate.documents)
        self._backoff.succeeded()
        return None

    def _mail(self) -> report_lib.Report:
        """Return what is in service of all but the send service."""
        try:
            return self._observer.report()
        except (OSError, KeyError) as exc:
            return report_lib.Report().failed(report_lib.reason_of(exc))

    def _lack(self) -> str | None:
        try:
            return room.problem(self._layout)
        except OSError as exc:
            return report_lib.reason_of(exc)

    def _bring_tenants(self) -> None:
        """Bring the send service to the accepted payload, last of all."""
        try:
            accepted = self.accepted()
        except OSError:
            return  # the report tells
        if accepted is not None:
            self._tenants.bring(accepted)

    def _candidate(
        self, value: tp.Mapping[str, tp.Any]
    ) -> payload_lib.Candidate | None:
        if value.get("bulk") is not None:
            return payload_lib.from_bulk(value)
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

    def _apply(self, candidate: payload_lib.Candidate) -> None:
        layout, payload = self._layout, candidate.payload
        previous = self._store.load()
        conf = render.render_conf(payload.spec, layout)
        conf_changes = not self._inventory.is_in_place(
            layout.exim_conf, files.Recipe.of(conf)
        )
        if conf_changes:
            rehearsal.rehearse(payload.spec, layout)
        # --- the commit point ---
        lockout.note(layout, self._store, candidate)
        self._store.save(candidate)
        apply.ensure_directories(layout)
        if not self._certificate.is_good(payload.domain, observe.now()):
            certificate.ensure(layout, payload.domain, observe.now())
        tree, expected, revision = self._managed.of(payload)
        late = {layout.exim_conf, layout.passwd}
        self._inventory.put(tree, set(tree) - late)
        lockout.carry_out(layout)
        if conf_changes:
            before = self._daemon.conf_in_service()
            self._inventory.put(tree, [layout.exim_conf])
        reason = self._daemon.bring(revision)
        if reason is not None:
            if conf_changes and before is not None and previous is not None:
                self._roll_back(previous, before)
            raise NotInService(f"exim does not take the configuration: {reason}")
        # Nobody but people reads it.
        self._inventory.put(tree, late & set(tree))
        apply.remove_strays(layout, expected)

    def _roll_back(self, previous: payload_lib.Payload, conf: files.File) -> None:
        """Return to what was in service before."""
        layout = self._layout
        self._store.save(payload_lib.Candidate(previous, {}))
        wanted = self._managed.of(previous)
        tree = {**wanted.tree, layout.exim_conf: files.Recipe.of(conf)}
        certificate.ensure(layout, previous.domain, observe.now())
        self._inventory.put(tree, tree)
        apply.remove_strays(layout, wanted.expected)
        self._daemon.restart()
