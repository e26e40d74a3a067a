# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The node's own copy of the last accepted payload.

A head (payload.json) names the texts of its shards by their digests, so that a
text is never changed, only added or dropped: the rename of the head is the one
moment at which another payload becomes the accepted one. A text that is not
of its digest is unknown, which is never the same as empty.

A service that cannot have the accepted payload keeps the one that it has: the head
of that is held beside (held/<service>.json), until the service has the accepted one.
"""

import functools
import typing as tp

from exordos_mail.dataplane.engine import files, heads
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.protocol import shards


class DamagedShard(Exception):
    """The text of a shard is lost or is not of its digest."""


class Store:
    """The accepted payload on the disk, and what services hold in its place.

    Of the texts only the signatures are kept in memory, by which a text counts as
    whole once it was compared.
    """

    def __init__(self, layout: layout_lib.Layout) -> None:
        self._layout = layout
        self._head = heads.Head(layout, layout.payload)
        self._held: dict[str, heads.Head] = {}
        self._whole: dict[str, tuple[str, files.Signature | None]] = {}
        self._recipes: tuple[list[payload_lib.Payload], files.Tree] | None = None

    def load(self) -> payload_lib.Payload | None:
        """Return the last accepted payload; None: there is none that is usable.

        A damaged head counts as none: then the node reports that it has
        nothing, and asks for everything again.

        Raises:
            OSError: the file is there and could not be read.
        """
        return self._head.load()

    # --- what services hold ---------------------------------------------------

    def know(self, service: str) -> None:
        """Keep what a service holds, from now on."""
        self._held[service] = heads.Head(self._layout, self._layout.held(service))

    def is_held(self, service: str) -> bool:
        """Return whether a service has another payload than the accepted one."""
        return self._held[service].says_something

    def in_service(self, service: str) -> payload_lib.Payload | None:
        """Return the payload that a service has; None: it has none.

        Raises:
            OSError: see `load`.
        """
        held = self._held[service]
        return held.load() if held.says_something else self.load()

    def hold(self, service: str, payload: payload_lib.Payload | None) -> None:
        """Have a service keep a payload (None: nothing), whatever is accepted."""
        heads.make_directory(self._layout)
        self._held[service].save(payload)

    def release(self, service: str) -> None:
        """Have a service at the accepted payload."""
        if self.is_held(service):
            files.remove(self._layout.disk(self._layout.held(service)))

    # --- texts ----------------------------------------------------------------

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

    def damaged_paths(self) -> frozenset[str]:
        """Return where the texts should be that are lost or damaged."""
        return frozenset(
            self._layout.accounts(shard, payload.digests[shard])
            for payload in self._payloads()
            for shard in self.damaged(payload)
        )

    def add(self, candidate: payload_lib.Candidate) -> None:
        """Put the texts of a candidate in place, beside those that are there."""
        layout, payload = self._layout, candidate.payload
        heads.make_directory(layout)
        files.make_directory(layout.disk(layout.accounts_dir), heads.DIRECTORY_MODE)
        texts = {
            layout.accounts(shard, digest): (digest, candidate.texts[shard])
            for shard, digest in payload.digests.items()
            if shard in candidate.texts and not self._is_whole(shard, digest)
        }
        files.write_all(
            layout, {path: heads.secret_file(text) for path, (_, text) in texts.items()}
        )
        for path, (digest, _) in texts.items():
            self._whole[path] = (digest, files.signature(layout.disk(path)))

    def accept(self, payload: payload_lib.Payload) -> None:
        """Make a payload the accepted one, whose texts are in place.

        Texts that nothing names any more are left for the caller to remove.
        """
        self._head.save(payload)
        named = set(self.recipes())
        self._whole = {path: self._whole[path] for path in named & set(self._whole)}

    # --- files ----------------------------------------------------------------

    def recipes(self) -> files.Tree:
        """Return the files of all payloads, readable by root only."""
        payloads = list(self._payloads())
        if self._recipes is None or self._recipes[0] != payloads:
            self._recipes = payloads, self._make_recipes(payloads)
        return self._recipes[1]

    def _make_recipes(self, payloads: list[payload_lib.Payload]) -> files.Tree:
        layout = self._layout
        tree = {
            layout.accounts(shard, digest): files.Recipe(
                digest, functools.partial(self._file, shard, digest)
            )
            for payload in payloads
            for shard, digest in payload.digests.items()
        }
        accepted = self.load()
        if accepted is not None:
            head = heads.json_file(accepted.as_value())
            tree[layout.payload] = files.Recipe.of(head)
        return tree

    def _payloads(self) -> tp.Iterator[payload_lib.Payload]:
        for head in (self._head, *self._held.values()):
            payload = head.load()
            if payload is not None:
                yield payload

    def _file(self, shard: int, digest: str) -> files.File:
        return heads.secret_file(self.text(shard, digest))

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
