# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The node's own copy of the last accepted payload.

A head (payload.json) names the texts of its buckets by their digests, so that a
text is never changed, only added or dropped: the rename of the head is the one
moment at which another payload becomes the accepted one. A text that is not
of its digest is unknown, which is never the same as empty. Where a bucket has a tag
(protocol/documents.py), the digest of its text stands before it in the file.

A service that cannot have the accepted payload keeps the one that it has: the head
of that is held beside (held/<service>.json), until the service has the accepted one.
"""

import functools
import typing as tp

from exordos_mail.dataplane.engine import files, glance, heads
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.protocol import documents

# Tells a text that was found whole from its file that was found in place.
_TEXT = "text"


class Store:
    """The accepted payload on the disk, and what services hold in its place.

    Of the texts only the signatures are kept in memory, by which a text counts as
    whole once it was compared.

    Args:
        layout: where it is.
        seen: what the pass has looked at.
    """

    def __init__(
        self, layout: layout_lib.Layout, seen: glance.Glance | None = None
    ) -> None:
        self._layout = layout
        self._seen = seen or glance.Glance()
        self._head = heads.Head(layout, layout.payload, self)
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
        path = self._layout.held(service)
        self._held[service] = heads.Head(self._layout, path, self)

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

    def text(self, place: payload_lib.Place, digest: str) -> str:
        """Return the text of a bucket.

        Raises:
            DamagedBucket: it is not there as it was accepted.
            OSError: it is there and could not be read.
        """
        path = self._layout.text(place, digest)
        on_disk = self._layout.disk(path)
        signature = files.signature(on_disk)
        try:
            content = on_disk.read_bytes().decode()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise payload_lib.DamagedBucket(f"{_named(place)} is lost") from None
        except UnicodeDecodeError:
            content = ""
        expected, text = _opened(content, digest)
        if self._whole.get(path) != (digest, signature):
            if documents.digest(text) != expected:
                raise payload_lib.DamagedBucket(f"{_named(place)} is damaged")
            self._whole[path] = (digest, signature)
        return text

    def damaged(self, payload: payload_lib.Payload) -> frozenset[payload_lib.Place]:
        """Return the buckets whose texts are not there as they were accepted."""
        return frozenset(self.lacking(payload.kept))

    def lacking(
        self, kept: tp.Mapping[payload_lib.Place, str]
    ) -> list[payload_lib.Place]:
        """Return those of the buckets whose texts are not there."""
        return [one for one, digest in kept.items() if not self._is_whole(one, digest)]

    def damaged_paths(self) -> frozenset[str]:
        """Return where the texts should be that are lost or damaged."""
        return frozenset(
            self._layout.text(place, digest)
            for payload in self._payloads()
            for place, digest in payload.kept.items()
            if not self._is_whole(place, digest)
        )

    def add(self, candidate: payload_lib.Candidate) -> None:
        """Put the texts of a candidate in place, beside those that are there."""
        layout, payload = self._layout, candidate.payload
        heads.make_directory(layout)
        files.make_directory(layout.disk(layout.documents_dir), heads.DIRECTORY_MODE)
        texts = {
            layout.text(place, digest): (digest, candidate.texts[place])
            for place, digest in payload.kept.items()
            if place in candidate.texts and not self._is_whole(place, digest)
        }
        made = {
            path: heads.secret_file(_closed(text, digest).encode())
            for path, (digest, text) in texts.items()
        }
        files.write_all(layout, made)
        for path, (digest, _) in texts.items():
            self._whole[path] = (digest, files.signature(layout.disk(path)))
            self._seen.note((_TEXT, path), digest)

    def accept(self, payload: payload_lib.Payload) -> None:
        """Make a payload the accepted one, whose texts are in place.

        Texts that nothing names any more are left for the caller to remove.
        """
        self._head.save(payload)

    def remove(self, path: str) -> None:
        """Remove the file of a text that no payload names any more."""
        self._whole.pop(path, None)
        self._seen.forget((_TEXT, path))
        files.remove(self._layout.disk(path))

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
            layout.text(place, digest): files.Recipe(
                digest, functools.partial(self._file, place, digest)
            )
            for payload in payloads
            for place, digest in payload.kept.items()
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

    def _file(self, place: payload_lib.Place, digest: str) -> files.File:
        return heads.secret_file(_closed(self.text(place, digest), digest).encode())

    def _is_whole(self, place: payload_lib.Place, digest: str) -> bool:
        path = self._layout.text(place, digest)
        if self._seen.has((_TEXT, path), digest):
            return True
        is_so = self._is_whole_on_disk(place, digest)
        if is_so:
            self._seen.note((_TEXT, path), digest)
        return is_so

    def _is_whole_on_disk(self, place: payload_lib.Place, digest: str) -> bool:
        path = self._layout.text(place, digest)
        signature = files.signature(self._layout.disk(path))
        if signature is not None and self._whole.get(path) == (digest, signature):
            return True
        try:
            self.text(place, digest)
        except payload_lib.DamagedBucket:
            return False
        return True


def _named(place: payload_lib.Place) -> str:
    return f"bucket {place[1]} of {place[0]}"


def _closed(text: str, digest: str) -> str:
    """Return what a file has of a text: with a tag, the text's digest before it."""
    if documents.is_tag(digest):
        return f"{documents.digest(text)}\n{text}"
    return text


def _opened(content: str, digest: str) -> tuple[str, str]:
    """Return the digest that a text must have, and the text."""
    if documents.is_tag(digest):
        expected, _, text = content.partition("\n")
        return expected, text
    return digest, content
