# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""One way to write a file on a node, and one way to tell whether it changed."""

import contextlib
import ctypes
import dataclasses
import hashlib
import os
import pathlib
import stat
import typing as tp

from exordos_mail.dataplane.engine import layout as layout_lib

_DIRECTORY_MODE = 0o755
# A name that a crash may leave behind. It is always the same one, so that the
# next write of the file uses it up and removing the file removes it as well.
_TEMPORARY = ".{}.new"
_NAME_MAX = 255  # octets of a file's name; the name of a domain may take 253
# Up to so many files are made durable one by one, more by one order for the
# whole file system.
_FEW = 4


@dataclasses.dataclass(frozen=True)
class File:
    """A file as it must be: every octet, owner, group and mode.

    `modified`: when it was changed, in seconds of Unix time; None: when it is written.
    """

    content: bytes = dataclasses.field(repr=False)
    owner: str = layout_lib.ROOT
    group: str = layout_lib.ROOT
    mode: int = 0o644
    modified: int | None = None

    @property
    def digest(self) -> str:
        """The sha256 of the content."""
        return hashlib.sha256(self.content).hexdigest()


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How to make a file, and a key: equal keys make equal files."""

    key: str
    make: tp.Callable[[], File] = dataclasses.field(repr=False)

    @classmethod
    def of(cls, file: File) -> "Recipe":
        """Return the recipe of a file that is made already."""
        return cls(file.digest, lambda: file)


#: Managed files by absolute path.
Tree = tp.Mapping[str, Recipe]

# mtime and ctime (ns), size, inode, mode, uid, gid
Signature = tuple[int, int, int, int, int, int, int]


def signature(path: pathlib.Path) -> Signature | None:
    """Return what changes whenever somebody touches the file; None: no file.

    Raises:
        OSError: the file could not be examined, which is not "absent".
    """
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return (
        found.st_mtime_ns,
        found.st_ctime_ns,
        found.st_size,
        found.st_ino,
        found.st_mode,
        found.st_uid,
        found.st_gid,
    )


def is_in_place(layout: layout_lib.Layout, path: str, file: File) -> bool:
    """Return whether the file on disk is exactly `file`."""
    on_disk = layout.disk(path)
    found = signature(on_disk)
    if found is None:
        return False
    modified, _, size, _, mode, uid, gid = found
    return (
        stat.S_ISREG(mode)
        and stat.S_IMODE(mode) == file.mode
        and uid == layout.uid(file.owner)
        and gid == layout.gid(file.group)
        and size == len(file.content)
        and file.modified in (None, modified / 10**9)
        and on_disk.read_bytes() == file.content
    )


def write(layout: layout_lib.Layout, path: str, file: File) -> None:
    """Put `file` in place in one step: readers see the old or the new one."""
    write_all(layout, {path: file})


def write_all(layout: layout_lib.Layout, wanted: tp.Mapping[str, File]) -> None:
    """Put files in place in this order, each of them in one step.

    All of them are on the disk before the first one gets its name, and all
    names are when this returns.
    """
    with contextlib.ExitStack() as stack:
        streams = {
            layout.disk(path): stack.enter_context(_temporary(layout, path, file))
            for path, file in wanted.items()
        }
        _sync(list(streams.values()))
    for target in streams:
        if target.is_dir() and not target.is_symlink():
            remove_tree(target)
        os.replace(temporary_of(target), target)
    for directory in {target.parent for target in streams}:
        sync_directory(directory)


def _temporary(layout: layout_lib.Layout, path: str, file: File) -> tp.BinaryIO:
    """Write `file` beside its place, with its final owner and mode.

    A rename before chown made exim fail logins (435) in the lab.
    """
    target = layout.disk(path)
    make_directory(target.parent)
    temporary = temporary_of(target)
    temporary.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    stream = os.fdopen(os.open(temporary, flags, 0o600), "wb")
    os.fchown(stream.fileno(), layout.uid(file.owner), layout.gid(file.group))
    os.fchmod(stream.fileno(), file.mode)
    stream.write(file.content)
    stream.flush()
    if file.modified is not None:
        os.utime(stream.fileno(), (file.modified, file.modified))
    return stream


def _sync(streams: tp.Sequence[tp.BinaryIO]) -> None:
    if len(streams) <= _FEW:
        for stream in streams:
            os.fsync(stream.fileno())
        return
    of_device = {os.fstat(one.fileno()).st_dev: one.fileno() for one in streams}
    for descriptor in of_device.values():
        # Python has no syncfs(2).
        if ctypes.CDLL(None, use_errno=True).syncfs(descriptor):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), "syncfs")


def make_directory(path: pathlib.Path, mode: int = _DIRECTORY_MODE) -> None:
    """Create a directory and its parents; what exists is left as it is."""
    if path.is_dir():
        return
    if path.exists() or path.is_symlink():
        path.unlink()
    make_directory(path.parent)
    path.mkdir(mode=mode)
    path.chmod(mode)
    sync_directory(path.parent)


def remove(path: pathlib.Path) -> None:
    """Remove a file, and what a killed write may have left beside it."""
    temporary_of(path).unlink(missing_ok=True)
    if path.is_dir() and not path.is_symlink():
        remove_tree(path)
    else:
        path.unlink(missing_ok=True)


def remove_tree(path: pathlib.Path) -> None:
    """Remove a directory with everything in it; nothing there is fine."""
    clear(path)
    if path.is_dir():
        path.rmdir()


def clear(path: pathlib.Path) -> None:
    """Empty a directory without following symbolic links."""
    if not path.is_dir() or path.is_symlink():
        return
    for entry in path.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            remove_tree(entry)
        else:
            entry.unlink(missing_ok=True)


def temporary_of(path: pathlib.Path) -> pathlib.Path:
    """Return the name under which a file is written before it is renamed."""
    found = _TEMPORARY.format(path.name)
    if len(os.fsencode(found)) > _NAME_MAX:
        found = _TEMPORARY.format(hashlib.sha256(os.fsencode(path.name)).hexdigest())
    return path.with_name(found)


def sync_directory(path: pathlib.Path) -> None:
    """Make a rename in the directory survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def with_parents(paths: tp.Iterable[str]) -> frozenset[str]:
    """Return the paths and the directories that they are in."""
    found: set[str] = set()
    for path in paths:
        while path and path not in found:
            found.add(path)
            path = path.rpartition("/")[0]
    return frozenset(found)


def strays(
    layout: layout_lib.Layout,
    directories: tp.Iterable[str],
    expected: tp.Collection[str],
) -> list[str]:
    """Return what is in these directories and is not `expected`.

    A directory that holds nothing expected is reported as one entry, so
    `expected` must have the directories as well (see `with_parents`).
    """
    found: list[str] = []
    pending = [one for one in directories if _is_directory(layout.disk(one))]
    while pending:
        directory = pending.pop()
        # What is listed as a directory is one: a thousand are not asked again.
        for entry in os.scandir(layout.disk(directory)):
            path = f"{directory}/{entry.name}"
            if path not in expected:
                found.append(path)
            elif entry.is_dir(follow_symlinks=False):
                pending.append(path)
    return sorted(found)


def _is_directory(path: pathlib.Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def below(layout: layout_lib.Layout, directory: str) -> list[str]:
    """Return all that is in a directory and in those in it."""
    return [
        f"{directory}/{path.relative_to(layout.disk(directory))}"
        for path in layout.disk(directory).rglob("*")
    ]
