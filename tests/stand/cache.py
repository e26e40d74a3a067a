# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Built things that are kept: root file systems and virtual environments.

A thing is a directory ``<kind>-<key>`` plus a marker ``<kind>-<key>.ok`` that is
written last, by rename.  Virtual environments hold their own path, so they are
built in their final place; without the marker a directory does not count and is
removed before the next try.  The key is a hash of every input.
"""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import time
import typing as tp

from tests.stand import progress

SKIP = {"__pycache__", ".mypy_cache", ".pytest_cache", "build"}


def key(*parts: str) -> str:
    """Return the hash of some texts: 16 hex digits."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(f"{len(data)}:".encode() + data)
    return digest.hexdigest()[:16]


def tree(*roots: pathlib.Path) -> str:
    """Return the hash of files and whole trees: names, modes and content."""
    digest = hashlib.sha256()
    for root in roots:
        files = [root] if root.is_file() else sorted(root.rglob("*"))
        for path in files:
            if SKIP & set(path.parts) or not path.is_file():
                continue
            if path.suffix == ".pyc" or ".egg-info" in str(path):
                continue
            name = path.name if path == root else str(path.relative_to(root))
            data = path.read_bytes()
            mode = path.stat().st_mode & 0o111
            digest.update(f"{root.name}\0{name}\0{mode}\0{len(data)}\0".encode())
            digest.update(data)
    return digest.hexdigest()[:16]


def remove(path: pathlib.Path) -> None:
    """Remove a directory, never crossing into something mounted below it."""
    if path.exists():
        progress.run("rm", "-rf", "--one-file-system", path)


@contextlib.contextmanager
def locked(path: pathlib.Path) -> tp.Iterator[None]:
    """Hold an exclusive lock; says so when it has to wait for another process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say(f"waiting for another process that holds {path.name}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


#: Seconds for which a thing is kept after somebody has asked for it.
FRESH = 3 * 3600


class Cache:
    """The directory of all built things."""

    def __init__(self, root: pathlib.Path) -> None:
        self.root = root

    def log(self, kind: str) -> pathlib.Path:
        """Return the build log of a kind (of the last build)."""
        return self.root / "logs" / f"{kind}.log"

    def get(
        self,
        kind: str,
        digest: str,
        title: str,
        build: tp.Callable[[pathlib.Path], None],
    ) -> pathlib.Path:
        """Return the thing, building it when it is not there yet."""
        path = self.root / f"{kind}-{digest}"
        marker = self.root / f"{kind}-{digest}.ok"
        with locked(self.root / "locks" / kind):
            if not marker.exists():
                remove(path)
                self.log(kind).unlink(missing_ok=True)
                with progress.Step(title):
                    build(path)
                draft = marker.with_suffix(".tmp")
                draft.write_text(time.strftime("%Y-%m-%dT%H:%M:%S\n"))
                draft.rename(marker)
            os.utime(marker)
            self._prune(kind, keep=3)
        return path

    def _prune(self, kind: str, keep: int) -> None:
        """Remove the oldest things of a kind that nobody can have in use.

        A mounted one is in use; one that was asked for in the last hours may be: by a
        stand whose machines are off, or a suite that builds for several trees.
        """
        markers = [m for m in self.root.glob(f"{kind}-*.ok") if m.stem[:-17] == kind]
        markers.sort(key=lambda m: m.stat().st_mtime, reverse=True)
        used = _lower_layers()
        fresh = time.time() - FRESH
        for marker in markers[keep:]:
            path = marker.with_suffix("")
            if str(path) not in used and marker.stat().st_mtime < fresh:
                marker.unlink()
                remove(path)


def _lower_layers() -> set[str]:
    """Return the lower layers of every overlay mount in any mount namespace."""
    layers: set[str] = set()
    seen: set[str] = set()
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            namespace = os.readlink(entry / "ns" / "mnt")
            if namespace in seen:
                continue
            seen.add(namespace)
            text = (entry / "mountinfo").read_text()
        except OSError:
            continue  # the process has just ended
        for word in text.replace(",", " ").split():
            if word.startswith("lowerdir="):
                layers.update(word[9:].split(":"))
    return layers
