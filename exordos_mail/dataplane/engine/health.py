# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the node's doors are like, looked at beside the passes all the time.

Each door has a thread of its own: one that hangs delays neither another one nor a pass.
What is told changes seldom, since reports travel when they change: no time of a look is
in it, but a sign of life every SIGN seconds, without which the control plane takes the
node for a silent one.
"""

import contextlib
import datetime
import json
import pathlib
import threading
import time
import typing as tp
import weakref

from exordos_mail.dataplane.engine import door as door_lib
from exordos_mail.dataplane.engine import files, service, standing
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.schema.health import FAILED

#: Seconds between two looks at a door, and after one that found another state.
PERIOD, AGAIN = 30.0, 3.0
#: Seconds after which a look that has not ended is a failure: looks end sooner.
PATIENCE = 20.0
#: Seconds between two signs of life.
SIGN = 300.0
_HANGS = door_lib.Finding(FAILED, "nobody could look at it in time")
_FILE = "health.json"

#: Service, port, path and protocol.
Key = tuple[str, int | None, str | None, str]


class DoorWatch:
    """Looks at one door, until it is stopped.

    Args:
        door: it; another object of the same key may take its place.
        before: what an earlier agent has told.
    """

    def __init__(
        self, key: Key, door: service.Door, before: standing.Standing | None
    ) -> None:
        self.door = door
        self._judge = standing.Judge(before)
        self._lock = threading.Lock()
        self._soon = threading.Event()
        self._stopped = threading.Event()
        #: When the next finding has to be there, by the steady clock.
        self._due = time.monotonic() + PATIENCE
        name = f"health of {key[0]} {key[1] or key[3]}"
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def soon(self) -> None:
        """Have it looked at as soon as that is not too often."""
        self._soon.set()

    def stop(self) -> None:
        """Have no look follow."""
        self._stopped.set()
        self._soon.set()

    def told(self) -> standing.Standing | None:
        """Return what is to be told of it; None: nothing yet."""
        with self._lock:
            if time.monotonic() > self._due:
                # Once for each PATIENCE, so that twice is a change here, too.
                self._due = time.monotonic() + PATIENCE
                self._judge.take(_HANGS, time.time())
            return self._judge.told

    def _run(self) -> None:
        while not self._stopped.is_set():
            found = door_lib.find(self.door)
            with self._lock:
                self._due = time.monotonic() + PERIOD + PATIENCE
                self._judge.take(found, time.time())
                is_settled = self._judge.is_settled
            self._stopped.wait(AGAIN)
            if is_settled:
                self._soon.wait(PERIOD - AGAIN)
            self._soon.clear()


class HealthWatch:
    """All doors of the node. Nothing is looked at before it has begun.

    Args:
        layout: where it is kept what was told last, for the agent after this one.
    """

    def __init__(self, layout: layout_lib.Layout) -> None:
        self._layout = layout
        self._path = f"{layout.state_dir}/{_FILE}"
        self._watches: dict[Key, DoorWatch] = {}
        self._has_begun = False
        self._before: dict[Key, standing.Standing] = {}
        self._told: dict[Key, standing.Standing] = {}
        self._sign = ("", 0.0)
        # The threads end with this object.
        weakref.finalize(self, _stop, self._watches)

    def begin(self) -> None:
        """Have doors looked at from now on: this is an agent."""
        if not self._has_begun:
            self._has_begun = True
            self._before = _kept(self._layout.disk(self._path))
            # An agent that is started anew is nobody's news.
            self._told = dict(self._before)

    def watch(self, doors: tp.Mapping[Key, service.Door]) -> None:
        """Look at these doors and at no others."""
        if not self._has_begun:
            return
        for key in self._watches.keys() - doors.keys():
            self._watches.pop(key).stop()
        for key, door in doors.items():
            if key in self._watches:
                self._watches[key].door = door
            else:
                self._watches[key] = DoorWatch(key, door, self._before.pop(key, None))

    def soon(self) -> None:
        """Have all doors looked at soon: something may be another now."""
        for one in self._watches.values():
            one.soon()

    def told(self) -> dict[str, tp.Any] | None:
        """Return the part of the report; None: nothing is known yet.

        Until each door has been judged, it is what was told before.
        """
        found = {key: one.told() for key, one in self._watches.items()}
        known = {key: one for key, one in found.items() if one is not None}
        if known and len(known) == len(found) and known != self._told:
            self._told = known
            self._keep()
        if not self._told:
            return None
        return {
            "alive_at": self._alive_at(),
            "services": [_entry(key, one) for key, one in sorted_of(self._told)],
        }

    def forget(self) -> None:
        """Look at nothing: the instance goes."""
        _stop(self._watches)
        self._watches.clear()
        self._before, self._told = {}, {}

    def _alive_at(self) -> str:
        at, due = self._sign
        if not at or time.monotonic() >= due:
            self._sign = _moment(time.time()), time.monotonic() + SIGN
        return self._sign[0]

    def _keep(self) -> None:
        rows = [
            [*key, one.state, one.reason, one.since] for key, one in self._told.items()
        ]
        content = json.dumps(rows).encode()
        with contextlib.suppress(OSError):  # the next agent finds out by itself
            files.write(self._layout, self._path, files.File(content))


def sorted_of(
    told: tp.Mapping[Key, standing.Standing],
) -> list[tuple[Key, standing.Standing]]:
    """Return what is told in the order of services and ports."""
    return sorted(
        told.items(), key=lambda one: (one[0][0], one[0][1] or 0, one[0][2] or "")
    )


def _stop(watches: dict[Key, DoorWatch]) -> None:
    for one in watches.values():
        one.stop()


def _entry(key: Key, told: standing.Standing) -> dict[str, tp.Any]:
    names = ("service", "port", "path", "protocol")
    found = dict(zip(names, key, strict=True))
    return {
        **found,
        "state": told.state,
        "reason": told.reason,
        "since": _moment(told.since),
    }


def _moment(seconds: float) -> str:
    """Return Unix seconds in the form of RFC 3339."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _kept(path: pathlib.Path) -> dict[Key, standing.Standing]:
    """Return what an earlier agent has told, its own file; nothing if it is damaged."""
    try:
        rows = json.loads(path.read_bytes())
        return {
            (name, port, where, protocol): standing.Standing(state, reason, since)
            for name, port, where, protocol, state, reason, since in rows
        }
    except (OSError, ValueError, TypeError):
        return {}
