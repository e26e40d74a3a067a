# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Starts and ends the runs of imports, and tells how far they are."""

import dataclasses
import time
import typing as tp

from exordos_mail import constants as c
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import observer as observer_lib
from exordos_mail.dataplane.services.imports import job as job_lib
from exordos_mail.dataplane.services.imports import results as results_lib
from exordos_mail.dataplane.services.imports import run as run_lib

KIND = "imports"
#: Runs at a time; a mailbox has one.
_SLOTS = 2
#: How often a process may end without a word, and seconds until the next one begins.
_DEATHS, _PAUSE = 10, 1.0
#: What is other than usual in the orders of a run; a test has no patience.
PATIENCE: tp.Mapping[str, tp.Any] = {}
_monotonic = time.monotonic


@dataclasses.dataclass
class _Running:
    job: job_lib.Job
    run: run_lib.Run
    started_at: int


class ImportKeeper:
    """All imports of the node."""

    def __init__(
        self, layout: layout_lib.Layout, observer: observer_lib.FactTeller
    ) -> None:
        self._layout, self._observer = layout, observer
        self._results = results_lib.Results(layout)
        self._known: dict[str, results_lib.Result] | None = None
        self._wanted: dict[str, job_lib.Job] = {}
        self._networks: tuple[str, ...] = ()
        self._running: dict[str, _Running] = {}
        self._deaths: dict[str, tuple[int, float]] = {}
        self._removing: list[run_lib.Run] = []

    @property
    def has_work(self) -> bool:
        """Whether there are imports, or something is left of one."""
        return bool(self._wanted or self._running or self._results.all())

    def want(
        self, jobs: tp.Mapping[str, job_lib.Job], networks: tp.Sequence[str]
    ) -> None:
        """Have these imports from now on, by their uuids."""
        self._wanted, self._networks = dict(jobs), tuple(networks)

    def attend(self) -> None:
        """End, start and tell what is due; it waits for nothing."""
        if self._known is None:
            self._known = self._results.all()
        for uuid, one in list(self._running.items()):
            self._look(uuid, one)
        for uuid in self._known.keys() - self._wanted.keys():
            self._drop(uuid, self._known[uuid])
        for uuid, job in self._wanted.items():
            self._see_to(uuid, job)
        self._tell()

    def stop(self, seconds: float) -> bool:
        """End all runs, and forget all results; return whether there were any."""
        had = self.stop_runs(seconds)
        self._wanted.clear()
        for uuid in self._results.all():
            self._results.forget(uuid)
            had = True
        self._known = None
        return had

    def stop_runs(self, seconds: float = 0.0) -> bool:
        """End all runs; return whether there were any."""
        had = bool(self._running)
        end = _monotonic() + seconds
        for one in self._running.values():
            one.run.stop(max(0.0, end - _monotonic()))
        self._running.clear()
        return had

    # --- runs -------------------------------------------------------------------

    def _look(self, uuid: str, one: _Running) -> None:
        """See whether a run has ended, or must."""
        job = self._wanted.get(uuid)
        is_wanted = job is not None and job == one.job
        if not one.run.is_over:
            if not is_wanted:
                one.run.stop()
            return
        del self._running[uuid]
        state = one.run.said.get("state")
        if state != results_lib.DONE and job is not None and _is_renamed(one.job, job):
            return  # To Dovecot the account of that name is gone. It goes on.
        if state in (results_lib.DONE, results_lib.FAILED):
            self._end(uuid, one, str(state), str(one.run.said.get("error", "")))
        elif is_wanted:
            self._count_death(uuid, one)
        elif job is not None and job.stopped and job.run == one.job.run:
            self._end(uuid, one, results_lib.STOPPED, "")

    def _count_death(self, uuid: str, one: _Running) -> None:
        """Have a run go on that has ended without a word, as if killed."""
        deaths = self._deaths.get(uuid, (0, 0.0))[0] + 1
        self._deaths[uuid] = (deaths, _monotonic() + _PAUSE)
        if deaths >= _DEATHS:
            text = "the process of the import ends again and again"
            self._end(uuid, one, results_lib.FAILED, text)

    def _end(self, uuid: str, one: _Running, state: str, error: str) -> None:
        self._deaths.pop(uuid, None)
        ended = results_lib.now()
        self._note(
            uuid,
            results_lib.Result(
                one.job, state, error, one.started_at, ended, one.run.said
            ),
        )

    def _see_to(self, uuid: str, job: job_lib.Job) -> None:
        """Start a run that is due, or note that there is to be none."""
        known = (self._known or {}).get(uuid)
        if uuid in self._running or (
            known is not None and known.has_ended and known.job.run == job.run
        ):
            return
        if job.stopped:
            now = results_lib.now()
            self._note(uuid, results_lib.Result(job, results_lib.STOPPED, ended_at=now))
        elif job.password is not None and self._may_start(uuid, job):
            orders = self._orders(job)
            run = run_lib.Run(orders, self._layout)
            self._running[uuid] = _Running(job, run, results_lib.now())

    def _may_start(self, uuid: str, job: job_lib.Job) -> bool:
        running = self._running.values()
        is_busy = any(one.job.mailbox == job.mailbox for one in running)
        is_due = _monotonic() >= self._deaths.get(uuid, (0, 0.0))[1]
        return len(running) < _SLOTS and not is_busy and is_due

    def _orders(self, job: job_lib.Job, only_remove: bool = False) -> job_lib.Orders:
        return job_lib.Orders(
            job=job,
            home=f"{c.MAIL_STORE_DIR}/{job.mailbox}",
            conf=c.DOVECOT_DIR + "/dovecot.conf",
            run_dir=c.DOVECOT_RUN_DIR,
            networks=self._networks,
            only_remove=only_remove,
            **PATIENCE,
        )

    def _drop(self, uuid: str, known: results_lib.Result) -> None:
        """Forget an import that is gone, and remove its mirror."""
        if uuid in self._running or any(
            one.job.mailbox == known.job.mailbox for one in self._running.values()
        ):
            return
        self._removing = [one for one in self._removing if not one.is_over]
        if len(self._removing) >= _SLOTS:
            return
        # Not waited for: it removes files, as their owner.
        orders = self._orders(known.job, only_remove=True)
        self._removing.append(run_lib.Run(orders, self._layout))
        self._results.forget(uuid)
        if self._known is not None:
            del self._known[uuid]
        self._observer.show(KIND, {uuid: None})

    def _note(self, uuid: str, result: results_lib.Result) -> None:
        self._results.keep(uuid, result)
        if self._known is not None:
            self._known[uuid] = result

    # --- telling ----------------------------------------------------------------

    def _tell(self) -> None:
        known = {
            uuid: one.facts()
            for uuid, one in (self._known or {}).items()
            if uuid in self._wanted and self._wanted[uuid].run == one.job.run
        }
        for uuid, one in self._running.items():
            result = results_lib.Result(
                one.job, results_lib.RUNNING, "", one.started_at, 0, one.run.said
            )
            known[uuid] = result.facts()
        self._observer.show(KIND, known)


def _is_renamed(before: job_lib.Job, now: job_lib.Job) -> bool:
    """Return whether the account of a run has got another address."""
    return before.run == now.run and before.login != now.login
