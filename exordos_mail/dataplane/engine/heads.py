# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Files of the node's state: JSON, for root only."""

import json
import typing as tp

from exordos_mail.dataplane.engine import files
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.protocol import untrusted

_SECRET_MODE = 0o600
DIRECTORY_MODE = 0o700


class Head:
    """A payload without its texts on the disk; read again if somebody touched it."""

    def __init__(
        self, layout: layout_lib.Layout, path: str, reader: payload_lib.Reader
    ) -> None:
        self._layout = layout
        self._reader = reader
        self._path = path
        self._signature: files.Signature | None = None
        self._payload: payload_lib.Payload | None = None
        self._says_something = False

    @property
    def says_something(self) -> bool:
        """Whether there is a usable file: of a payload, or of there being none."""
        self.load()
        return self._says_something

    def load(self) -> payload_lib.Payload | None:
        """Return the payload; None: there is none that is usable.

        Raises:
            OSError: the file is there and could not be read.
        """
        signature = files.signature(self._layout.disk(self._path))
        if signature is None:
            self._payload, self._says_something = None, False
        elif signature != self._signature:
            value = load_json(self._layout, self._path)
            self._payload = self._parse(value)
            self._says_something = self._payload is not None or value == {}
        self._signature = signature
        return self._payload

    def save(self, payload: payload_lib.Payload | None) -> None:
        """Put a payload in place, or that there is none."""
        head = json_file(payload.as_value() if payload is not None else {})
        if not files.is_in_place(self._layout, self._path, head):
            files.write(self._layout, self._path, head)
        self._signature = files.signature(self._layout.disk(self._path))
        self._payload, self._says_something = payload, True

    def _parse(self, value: tp.Any) -> payload_lib.Payload | None:
        if not isinstance(value, dict):
            return None
        try:
            return payload_lib.parse(value, self._reader)
        except (spec_lib.SpecError, payload_lib.DamagedBucket):
            return None


def make_directory(layout: layout_lib.Layout) -> None:
    """Make the directory of the node's state, for root only."""
    directory = layout.disk(layout.state_dir)
    files.make_directory(directory, DIRECTORY_MODE)
    if directory.stat().st_mode & 0o777 != DIRECTORY_MODE:
        directory.chmod(DIRECTORY_MODE)


def load_json(layout: layout_lib.Layout, path: str) -> tp.Any:
    """Return what a file of the state holds; None: nothing usable."""
    try:
        return untrusted.loads(layout.disk(path).read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def json_file(value: tp.Any) -> files.File:
    """Return a file of the state that holds a JSON value."""
    return secret_file(json.dumps(value, separators=(",", ":")).encode())


def secret_file(content: bytes) -> files.File:
    """Return a file of the state."""
    return files.File(content, mode=_SECRET_MODE)
