# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The node's own copy of the last accepted payload.

A head (payload.json) names the texts of its shards by their digests, so that a
text is never changed, only added or dropped: the rename of the head is the one
moment at which another payload becomes the accepted one. A text that is not
of its digest is unknown, which is never the same as empty.
"""

import fcntl
import functools
import json
import os
import typing as tp

from exordos_mail.dataplane.engine import files
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.protocol import shards, untrusted

_SECRET_MODE = 0o600
_DIRECTORY_MODE = 0o700


class DamagedShard(Exception):
    """The text of a shard is lost or is not of its digest."""


class Store:
    """The accepted payload on the disk.

    The head is kept in memory while nobody touches its file; of the texts only
    the signatures are, by which a text counts as whole once it was compared.
    """

    def __init__(self, layout: layout_lib.Layout) -> None:
        self._layout = layout
        self._signature: files.Signature | None = None
        self._payload: payload_lib.Payload | None = None
        self._whole: dict[str, tuple[str, files.Signature | None]] = {}

    def load(self) -> payload_lib.Payload | None:
        """Return the last accepted payload; None: there is none that is usable.

        A damaged head counts as none: then the node reports that it has
        nothing, and asks for everything again.

        Raises:
            OSError: the file is there and could not be read.
        """
        layout = self._layout
        signature = files.signature(layout.disk(layout.payload))
        if signature is None or signature != self._signature:
            self._payload = _parse(load_json(layout, layout.payload))
            self._signature = signature
        return self._payload

    def text(self, shard: int, digest: str) -> bytes:
        """Return the text of a shard.

        Raises:
            DamagedShard: it is not there as it was accepted.
            OSError: it is there and could not be read.
        """
        path = self._layout.accounts(shard, digest)
        on_disk = self._layout.disk(path)
        signature = files.signature(on_disk)
        try:
            text = on_disk.read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise DamagedShard(f"shard {shard} of the accounts is lost") from None
        if self._whole.get(path) != (digest, signature):
            if shards.digest(text) != digest:
                raise DamagedShard(f"shard {shard} of the accounts is damaged")
            self._whole[path] = (digest, signature)
        return text

    def damaged(self, payload: payload_lib.Payload) -> frozenset[int]:
        """Return the shards whose texts are not there as they were accepted."""
        return frozenset(
            shard
            for shard, digest in payload.digests.items()
            if not self._is_whole(shard, digest)
        )

    def save(self, candidate: payload_lib.Candidate) -> None:
        """Make a payload the accepted one; what is in place is not written.

        Texts that no payload names any more are left for the caller to remove.
        """
        layout, payload = self._layout, candidate.payload
        make_directory(layout)
        files.make_directory(layout.disk(layout.accounts_dir), _DIRECTORY_MODE)
        texts = {
            layout.accounts(shard, digest): (digest, candidate.texts[shard])
            for shard, digest in payload.digests.items()
            if shard in candidate.texts and not self._is_whole(shard, digest)
        }
        files.write_all(
            layout, {path: secret_file(text) for path, (_, text) in texts.items()}
        )
        for path, (digest, _) in texts.items():
            self._whole[path] = (digest, files.signature(layout.disk(path)))
        head = json_file(payload.as_value())
        if not files.is_in_place(layout, layout.payload, head):
            files.write(layout, layout.payload, head)
        self._signature = files.signature(layout.disk(layout.payload))
        self._payload = payload
        named = {layout.accounts(*one) for one in payload.digests.items()}
        self._whole = {path: self._whole[path] for path in named & set(self._whole)}

    def recipes(self, payload: payload_lib.Payload) -> dict[str, files.Recipe]:
        """Return the files that hold a payload, readable by root only."""
        layout = self._layout
        tree = {
            layout.accounts(shard, digest): files.Recipe(
                digest, functools.partial(self._file, shard, digest)
            )
            for shard, digest in payload.digests.items()
        }
        tree[layout.payload] = files.Recipe.of(json_file(payload.as_value()))
        return tree

    def _file(self, shard: int, digest: str) -> files.File:
        return secret_file(self.text(shard, digest))

    def _is_whole(self, shard: int, digest: str) -> bool:
        path = self._layout.accounts(shard, digest)
        signature = files.signature(self._layout.disk(path))
        if signature is not None and self._whole.get(path) == (digest, signature):
            return True
        try:
            self.text(shard, digest)
        except DamagedShard:
            return False
        return True


def _parse(value: tp.Any) -> payload_lib.Payload | None:
    if not isinstance(value, dict):
        return None
    try:
        return payload_lib.parse(value)
    except spec_lib.SpecError:
        return None


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
        make_directory(self._layout)
        path = self._layout.disk(self._layout.lock)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._descriptor, self._operation)
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def make_directory(layout: layout_lib.Layout) -> None:
    """Make the directory of the node's state, for root only."""
    directory = layout.disk(layout.state_dir)
    files.make_directory(directory, _DIRECTORY_MODE)
    if directory.stat().st_mode & 0o777 != _DIRECTORY_MODE:
        directory.chmod(_DIRECTORY_MODE)


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
