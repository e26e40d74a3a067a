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

"""The node's own copy of the last accepted payload.

With it the node serves mail without a control plane, and repairs what was
damaged when the agent hands over a payload without bulk (the SDK does so on a repair:
absent bulk means unknown, never empty).
"""

import fcntl
import json
import os
import typing as tp

from exordos_mail.dataplane import files
from exordos_mail.dataplane import layout as layout_lib
from exordos_mail.dataplane import spec as spec_lib

_SECRET_MODE = 0o600
_DIRECTORY_MODE = 0o700


class Store:
    """The accepted payload on the disk, kept in memory while nobody touches it."""

    def __init__(self, layout: layout_lib.Layout) -> None:
        self._layout = layout
        self._signature: files.Signature | None = None
        self._payload: spec_lib.Payload | None = None

    def load(self) -> spec_lib.Payload | None:
        """Return the last accepted payload; None: there is none that is usable.

        A damaged file counts as none: then the node reports that it has
        nothing, and the control plane sends everything again.

        Raises:
            OSError: the file is there and could not be read.
        """
        layout = self._layout
        signature = files.signature(layout.disk(layout.payload))
        if signature is None or signature != self._signature:
            self._payload = _parse(_load_json(layout, layout.payload))
            self._signature = signature
        return self._payload

    def save(self, payload: spec_lib.Payload) -> None:
        """Make `payload` the accepted one; written only if it is not yet."""
        layout = self._layout
        _make_state_directory(layout)
        file = as_file(payload)
        if not files.is_in_place(layout, layout.payload, file):
            files.write(layout, layout.payload, file)
        self._signature = files.signature(layout.disk(layout.payload))
        self._payload = payload


def _parse(value: tp.Any) -> spec_lib.Payload | None:
    if not isinstance(value, dict):
        return None
    try:
        return spec_lib.parse(value)
    except spec_lib.SpecError:
        return None


def as_file(payload: spec_lib.Payload) -> files.File:
    """Return the file that holds a payload, readable by root only."""
    return _json_file(payload.as_value())


def load_lockout(layout: layout_lib.Layout) -> frozenset[str]:
    """Return the addresses whose open sessions are still to be ended."""
    value = _load_json(layout, layout.lockout)
    return frozenset(value) if isinstance(value, list) else frozenset()


def save_lockout(layout: layout_lib.Layout, addresses: tp.Collection[str]) -> None:
    """Remember whose sessions to end, before their accounts are changed."""
    _save_json(layout, layout.lockout, sorted(addresses))


def clear_lockout(layout: layout_lib.Layout) -> None:
    """Forget the addresses: their sessions have been ended."""
    files.remove(layout.disk(layout.lockout))


class Lock:
    """Held by whoever changes the node: the agent or the boot-time program.

    Raises:
        BlockingIOError: somebody else holds it and `wait` is False.
    """

    def __init__(self, layout: layout_lib.Layout, wait: bool = True) -> None:
        self._layout = layout
        self._operation = fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB
        self._descriptor: int | None = None

    def __enter__(self) -> "Lock":
        _make_state_directory(self._layout)
        path = self._layout.disk(self._layout.lock)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._descriptor, self._operation)
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _make_state_directory(layout: layout_lib.Layout) -> None:
    directory = layout.disk(layout.state_dir)
    files.make_directory(directory, _DIRECTORY_MODE)
    if directory.stat().st_mode & 0o777 != _DIRECTORY_MODE:
        directory.chmod(_DIRECTORY_MODE)


def _load_json(layout: layout_lib.Layout, path: str) -> tp.Any:
    try:
        return json.loads(layout.disk(path).read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def _save_json(layout: layout_lib.Layout, path: str, value: tp.Any) -> None:
    _make_state_directory(layout)
    files.write(layout, path, _json_file(value))


def _json_file(value: tp.Any) -> files.File:
    content = json.dumps(value, separators=(",", ":")).encode()
    return files.File(content, mode=_SECRET_MODE)
