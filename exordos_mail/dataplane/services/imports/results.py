# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How runs have ended: a file for each import, which outlives the agent."""

import dataclasses
import json
import time
import typing as tp

from exordos_mail.dataplane.engine import files as files_lib
from exordos_mail.dataplane.engine import heads
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.imports import job as job_lib

RUNNING, DONE, FAILED, STOPPED = "running", "done", "failed", "stopped"
_ENDED = (DONE, FAILED, STOPPED)
_COUNTS = ("folders", "messages_total", "messages_done", "messages_copied", "octets")


@dataclasses.dataclass(frozen=True)
class Result:
    """What is told of a run.

    Attributes:
        job: that it was a run of.
        started_at, ended_at: seconds of Unix time; 0: not yet.
        said: see `child.Progress`.
    """

    job: job_lib.Job
    state: str
    error: str = ""
    started_at: int = 0
    ended_at: int = 0
    said: tp.Mapping[str, tp.Any] = dataclasses.field(default_factory=dict)

    @property
    def has_ended(self) -> bool:
        """Whether the run is over."""
        return self.state in _ENDED

    def facts(self) -> dict[str, tp.Any]:
        """Return what the control plane is told (controlplane/observed/imports.py)."""
        return {
            "run": self.job.run,
            "state": self.state,
            "error": self.error,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            **{name: self.said.get(name, 0) for name in _COUNTS},
            "report": self.said.get("report", []),
        }


class Results:
    """The files, in a directory of the node's state."""

    def __init__(self, layout: layout_lib.Layout) -> None:
        self._layout = layout
        self._directory = layout.state_dir + "/imports"

    def all(self) -> dict[str, Result]:
        """Return what is known, by the uuid of the import; what is damaged is not."""
        found = {}
        for path in self._layout.disk(self._directory).glob("*.json"):
            try:
                value = json.loads(path.read_bytes())
                job = job_lib.Job(**value["job"])
                found[path.stem] = Result(**{**value, "job": job})
            except (OSError, ValueError, TypeError, KeyError):
                continue
        return found

    def keep(self, uuid: str, result: Result) -> None:
        """Write one down, without the password, so that no crash loses it."""
        job = dataclasses.replace(result.job, password=None)
        value = dataclasses.asdict(dataclasses.replace(result, job=job))
        heads.make_directory(self._layout)
        files_lib.write(self._layout, self._path(uuid), heads.json_file(value))

    def forget(self, uuid: str) -> None:
        """Remove one."""
        files_lib.remove(self._layout.disk(self._path(uuid)))

    def _path(self, uuid: str) -> str:
        return f"{self._directory}/{uuid}.json"


def now() -> int:
    """Return the time in seconds of Unix time."""
    return int(time.time())
