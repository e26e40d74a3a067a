#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""The node's one loop body: what is wanted, what is there, what to do.

    observe()         what is in service, from the disk and the sockets
    converge(value)   make the payload so, whatever is there now
    remove()          leave nothing
    prepare()         the files only, at boot, before exim is started

An apply goes forward from one commit point: the payload is checked, rendered
and (if exim's configuration changes) rehearsed first; then it becomes the
accepted one; then the files follow. A process that is killed anywhere leaves
each file either old or new, and the next pass goes on to the accepted payload.
"""

import dataclasses
import datetime
import time
import typing as tp

from exordos_mail.dataplane import (
    apply,
    certificate,
    exim_service,
    files,
    observe,
    probe,
    rehearsal,
    render,
    sessions,
    spool,
)
from exordos_mail.dataplane import layout as layout_lib
from exordos_mail.dataplane import report as report_lib
from exordos_mail.dataplane import spec as spec_lib
from exordos_mail.standards import dkim

_RELOAD_TIMEOUT = 5.0  # seconds until the reloaded exim has the revision
_START_TIMEOUT = 10.0
_monotonic = time.monotonic
_BACKOFF_MIN, _BACKOFF_MAX = 1.0, 60.0  # seconds between failing applies


class NotInService(Exception):
    """exim does not run the new configuration; one line of text."""


_KNOWN_FAILURES = (
    spec_lib.SpecError,
    rehearsal.RehearsalFailed,
    exim_service.ServiceError,
    NotInService,
)


@dataclasses.dataclass(frozen=True)
class _Failure:
    """An apply that failed: not to be tried again before its time."""

    revision: object
    reason: str
    delay: float
    not_before: float


class MailNode:
    """The mail service of this machine."""

    def __init__(
        self,
        layout: layout_lib.Layout | None = None,
        service: exim_service.EximService | None = None,
    ) -> None:
        self._layout = layout or layout_lib.Layout()
        self._service = service or exim_service.SystemdExim()
        self._store = spool.Store(self._layout)
        self._watch = observe.Watch(self._layout)
        self._report = report_lib.Report()
        self._failure: _Failure | None = None

    def observe(self) -> report_lib.Report:
        """Return what is in service now.

        Never raises for the state of the machine: what cannot be read is
        reported as not in service, with the reason.
        """
        try:
            return self._observe()
        except (OSError, KeyError) as exc:
            self._watch.forget()
            return report_lib.Report().failed(_why(exc))

    def converge(self, value: tp.Mapping[str, tp.Any]) -> report_lib.Report:
        """Bring the node to a payload; return what is in service afterwards.

        A payload without bulk stands for the accepted payload. A failure is
        reported with the state that stayed in service, and tried again after
        1 to 60 s; another revision is tried at once.
        """
        wanted = value.get("revision")
        failure = self._failure
        if (
            failure is not None
            and failure.revision == wanted
            and _monotonic() < failure.not_before
        ):
            return self.observe().failed(failure.reason)
        try:
            with spool.Lock(self._layout):
                payload = self._payload_of(value)
                if payload is None:
                    return self.observe()
                self._apply(payload)
        except _KNOWN_FAILURES as exc:
            return self._failed(wanted, str(exc))
        except (OSError, KeyError) as exc:
            return self._failed(wanted, _why(exc))
        self._failure = None
        return self.observe()

    def accepted(self) -> spec_lib.Payload | None:
        """Return the accepted payload, if the node has one."""
        return self._store.load()

    def remove(self) -> None:
        """Stop exim and remove every file of the node.

        Raises:
            ServiceError: exim could not be stopped; the files are gone still.
        """
        with spool.Lock(self._layout):
            try:
                self._service.stop()
            finally:
                apply.remove_everything(self._layout)
                self._watch.forget()
                self._failure = None

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
        with spool.Lock(layout, wait=False):
            payload = self._store.load()
            if payload is None:
                return False
            apply.ensure_directories(layout)
            certificate.ensure(layout, payload.domain, _now())
            conf = render.render_conf(payload.spec, layout)
            tree = render.render_data(payload.spec, layout)
            apply.write_changed(layout, tree)
            if not files.is_in_place(layout, layout.exim_conf, conf):
                rehearsal.rehearse(payload.spec, layout)
                files.write(layout, layout.exim_conf, conf)
            apply.remove_strays(layout, self._expected(tree))
            # No session has outlived the boot.
            spool.clear_lockout(layout)
            return True

    # --- observing ----------------------------------------------------------

    def _observe(self) -> report_lib.Report:
        problem: str | None = "the node has not looked at its files yet"
        if self._watch.is_trusted:
            problem = self._watch.files_problem(_now())
        if problem is not None:
            # Something was touched: compare everything, the pass may be clean.
            self._watch.forget()
            payload = self._store.load()
            if payload is None:
                return report_lib.Report(reason="no payload has been accepted yet")
            problem = self._compare(payload)
            self._report = self._report_of(payload, problem)
        problem = problem or self._watch.service_problem()
        if problem is not None:
            return dataclasses.replace(
                self._report,
                revision="",
                status=report_lib.IN_PROGRESS,
                reason=report_lib.one_line(problem),
            )
        return self._report

    def _compare(self, payload: spec_lib.Payload) -> str | None:
        """Compare the disk with the payload; remember it if all is in order."""
        layout = self._layout
        renewal = certificate.renewal(layout, payload.domain, _now())
        if renewal is None:
            return "the certificate must be made anew"
        if spool.load_lockout(layout):
            return "sessions of changed accounts are still to be ended"
        tree = render.render(payload.spec, layout)
        signatures = self._watch.signatures(tree)
        for path, file in {**tree, layout.payload: spool.as_file(payload)}.items():
            if not files.is_in_place(layout, path, file):
                return f"{path} is not as it should be"
        for path in files.strays(layout, self._expected(tree)):
            return f"{path} does not belong there"
        revision = render.revision_of(tree[layout.exim_conf])
        self._watch.remember(tree, revision, renewal, signatures)
        return None

    def _report_of(
        self, payload: spec_lib.Payload, problem: str | None
    ) -> report_lib.Report:
        if problem is None:
            # The key files have just been compared with these keys.
            records = {key.selector: key.record for key in payload.spec.dkim_keys}
        else:
            records = _dkim_records(self._layout, payload.domain)
        return report_lib.Report(
            uuid=payload.uuid,
            name=payload.name,
            generation=payload.generation,
            revision=payload.revision,
            domain=payload.domain,
            status=report_lib.ACTIVE,
            dkim=records,
        )

    # --- applying -----------------------------------------------------------

    def _payload_of(self, value: tp.Mapping[str, tp.Any]) -> spec_lib.Payload | None:
        if value.get("bulk") is not None:
            return spec_lib.parse(value)
        accepted = self._store.load()
        if accepted is not None and accepted.revision == value.get("revision"):
            return accepted.with_head(value)
        # Not the wanted revision, but the best that is known: it is repaired
        # and reported, and the difference brings the full payload.
        return accepted

    def _apply(self, payload: spec_lib.Payload) -> None:
        layout = self._layout
        previous = self._store.load()
        tree = render.render(payload.spec, layout)
        conf = tree[layout.exim_conf]
        data = [path for path in tree if path != layout.exim_conf]
        conf_changes = not files.is_in_place(layout, layout.exim_conf, conf)
        if conf_changes:
            rehearsal.rehearse(payload.spec, layout)
        # --- the commit point ---
        self._note_lockout(previous, payload)
        self._store.save(payload)
        apply.ensure_directories(layout)
        certificate.ensure(layout, payload.domain, _now())
        apply.write_changed(layout, tree, data)
        self._lock_out()
        if conf_changes:
            before = self._conf_in_service()
            files.write(layout, layout.exim_conf, conf)
        reason = self._bring_into_service(render.revision_of(conf))
        if reason is not None:
            if conf_changes and before is not None and previous is not None:
                self._roll_back(previous, before)
            raise NotInService(f"exim does not take the configuration: {reason}")
        apply.remove_strays(layout, self._expected(tree))
        self._watch.forget()

    def _expected(self, tree: tp.Collection[str]) -> set[str]:
        return {*tree, self._layout.certificate, self._layout.certificate_key}

    def _note_lockout(
        self, previous: spec_lib.Payload | None, payload: spec_lib.Payload
    ) -> None:
        """Remember whose sessions must end, so that a crash does not forget it."""
        if previous is None:
            return
        before, after = _logins(previous.spec), _logins(payload.spec)
        gone = {login for login in before if after.get(login) != before[login]}
        pending = spool.load_lockout(self._layout)
        if not gone <= pending:
            spool.save_lockout(self._layout, gone | pending)

    def _lock_out(self) -> None:
        pending = spool.load_lockout(self._layout)
        if pending:
            sessions.end(self._layout, pending)
            spool.clear_lockout(self._layout)

    def _conf_in_service(self) -> files.File | None:
        """Return the configuration on the disk if exim is known to run it."""
        layout = self._layout
        try:
            content = layout.disk(layout.exim_conf).read_bytes()
            running = probe.running_revision(layout)
        except (OSError, probe.ProbeError):
            return None
        conf = files.File(content, group=layout.exim_group, mode=0o640)
        return conf if render.revision_of(conf) == running else None

    def _bring_into_service(self, revision: str) -> str | None:
        """Make the running exim have `revision`; return why it has not."""
        layout = self._layout
        if probe.daemon(layout) is not None:
            if probe.wait_for_revision(layout, revision, seconds=0) is None:
                return None
            try:
                self._service.reload()
            except exim_service.ServiceError:
                reason: str | None = "reload refused"
            else:
                reason = probe.wait_for_revision(layout, revision, _RELOAD_TIMEOUT)
            if reason is None:
                return None
        self._service.restart()
        return probe.wait_for_revision(layout, revision, _START_TIMEOUT)

    def _roll_back(self, previous: spec_lib.Payload, conf: files.File) -> None:
        """Return to what was in service before."""
        layout = self._layout
        self._store.save(previous)
        tree = {**render.render_data(previous.spec, layout), layout.exim_conf: conf}
        certificate.ensure(layout, previous.domain, _now())
        apply.write_changed(layout, tree)
        apply.remove_strays(layout, self._expected(tree))
        self._service.restart()

    def _failed(self, revision: object, reason: str) -> report_lib.Report:
        self._watch.forget()
        last = self._failure
        delay = _BACKOFF_MIN
        if last is not None and last.revision == revision:
            delay = min(last.delay * 2, _BACKOFF_MAX)
        self._failure = _Failure(revision, reason, delay, _monotonic() + delay)
        return self.observe().failed(reason)


def _logins(spec: spec_lib.MailSpec) -> dict[str, str]:
    return {spec.address_of(name): hashed for name, hashed in spec.accounts.items()}


def _dkim_records(layout: layout_lib.Layout, domain: str) -> dict[str, str]:
    records = {}
    directory = layout.disk(f"{layout.dkim_dir}/{domain}")
    for path in sorted(directory.glob("*.key")) if directory.is_dir() else []:
        try:
            records[path.stem] = dkim.public_record(path.read_text("ascii"))
        except (OSError, UnicodeDecodeError, dkim.DKIMKeyError):
            continue  # a key that cannot be read cannot sign: not reported
    return records


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def _why(exc: Exception) -> str:
    if isinstance(exc, OSError) and exc.strerror:
        return f"{exc.filename or 'a file'}: {exc.strerror}"
    if isinstance(exc, KeyError):
        return f"there is no user or group {exc.args[0] if exc.args else ''}"
    return type(exc).__name__
