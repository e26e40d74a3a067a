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

"""What is really there: the files on the disk and the exim that runs.

A pass in which nothing has changed must cost next to nothing, so a file whose
stat signature is the one that was seen when its content was last compared is
taken as unchanged, and a daemon with the identity that it had when it last
announced its revision as the same daemon. The first pass of a process, and
every pass after a difference, compares everything.
"""

import datetime
import time
import typing as tp

from exordos_mail.dataplane import files, probe
from exordos_mail.dataplane import layout as layout_lib

# A daemon that is there but answers nobody is found by this.
_DIALOGUE_INTERVAL = 60.0  # seconds


class Watch:
    """The memory of what was last found in order.

    `expected` are the paths of the rendered files; the certificate's files are
    watched as they are.
    """

    def __init__(self, layout: layout_lib.Layout) -> None:
        self._layout = layout
        self._signatures: dict[str, files.Signature | None] = {}
        self._expected: frozenset[str] = frozenset()
        self._revision = ""
        self._daemon: tuple[int, ...] | None = None
        self._next_dialogue = 0.0
        self._renewal: datetime.datetime | None = None

    @property
    def is_trusted(self) -> bool:
        """Whether everything was in order once and `forget` was not called."""
        return bool(self._signatures)

    def forget(self) -> None:
        """Compare everything at the next pass."""
        self._signatures = {}
        self._daemon = None

    def remember(
        self,
        tree: tp.Collection[str],
        revision: str,
        renewal: datetime.datetime,
        signatures: tp.Mapping[str, files.Signature | None],
    ) -> None:
        """Take the present state as the one that is in order."""
        self._expected = frozenset(tree)
        self._revision = revision
        self._renewal = renewal
        self._signatures = dict(signatures)

    def signatures(self, tree: tp.Collection[str]) -> dict[str, files.Signature | None]:
        """Return the present signatures of all watched files."""
        layout = self._layout
        watched = {
            *tree,
            layout.certificate,
            layout.certificate_key,
            layout.payload,
        }
        return {path: files.signature(layout.disk(path)) for path in sorted(watched)}

    def files_problem(self, now: datetime.datetime) -> str | None:
        """Return which file is not as it was remembered; None: all of them are."""
        if self._renewal is None or now >= self._renewal:
            return "the certificate is due for renewal"
        present = self.signatures(self._expected)
        for path, signature in present.items():
            if signature is None:
                return f"{path} is missing"
            if signature != self._signatures.get(path):
                return f"{path} has been changed"
        known = self._expected | {
            self._layout.certificate,
            self._layout.certificate_key,
        }
        for path in files.strays(self._layout, known):
            return f"{path} does not belong there"
        return None

    def service_problem(self) -> str | None:
        """Return what is wrong with the running exim; None: it is in order."""
        daemon = probe.daemon(self._layout)
        if daemon is None:
            return "exim does not run"
        if daemon == self._daemon and time.monotonic() < self._next_dialogue:
            return None
        try:
            running = probe.running_revision(self._layout)
        except probe.ProbeError as exc:
            return str(exc)
        if running != self._revision:
            return "exim runs another configuration"
        self._daemon = daemon
        self._next_dialogue = time.monotonic() + _DIALOGUE_INTERVAL
        return None
