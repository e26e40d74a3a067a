# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Mail on its way out: homes that were moved aside, and a thread that removes them.

A home goes in one step, by a rename on its own disk: it is there whole, or not at all.
What is aside is to be removed, whoever is killed when.

The owner of the mail owns the store as well, and could put a link in the way. So the
rename goes by open directories, and what removes the mail has the owner's rights.
"""

import contextlib
import logging
import os
import pathlib
import re
import subprocess
import threading
import typing as tp

LOG = logging.getLogger(__name__)

_ASIDE = ".purged"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
# Of one that is still being removed there may be another: a message came late.
_NAMES = 1000


class Homes:
    """The homes of a store of mail.

    Args:
        store: the directory of all homes.
        mounts: fstab(5), which says whether the store is on a disk of its own.
        owner: uid and gid of the owner of the mail.

    Attributes:
        store: see above.
        problem: why mail cannot be removed; "": it can.
    """

    def __init__(
        self, store: pathlib.Path, mounts: pathlib.Path, owner: tuple[int, int]
    ) -> None:
        self.store, self._mounts, self._owner = store, mounts, owner
        self._aside = store / _ASIDE
        self._thread: threading.Thread | None = None
        self.problem = ""

    @property
    def are_there(self) -> bool:
        """Whether the store can be looked at: without its disk all homes seem gone."""
        if not self.store.is_dir():
            return False
        return os.path.ismount(self.store) or not self._has_disk()

    def holds(self, uuid: str) -> bool:
        """Return whether there is mail of an account, moved aside or not."""
        is_aside = any(name.startswith(uuid) for name in self._waiting())
        return is_aside or os.path.lexists(self.store / uuid)

    def move_aside(self, uuid: str) -> None:
        """Have the mail of an account removed soon, if there is any.

        Raises:
            OSError: it cannot be moved.
            ValueError: this is no uuid.
        """
        if not _UUID.match(uuid):
            raise ValueError("a home is named by a uuid")
        with self._open(self.store) as store, self._open_aside(store) as aside:
            taken = set(os.listdir(aside))
            names = (f"{uuid}.{number}" for number in range(_NAMES))
            name = next(one for one in names if one not in taken)
            with contextlib.suppress(FileNotFoundError):
                os.rename(uuid, name, src_dir_fd=store, dst_dir_fd=aside)

    def remove(self) -> None:
        """See that somebody removes what is aside."""
        is_busy = self._thread is not None and self._thread.is_alive()
        if not is_busy and self._waiting():
            self._thread = threading.Thread(
                target=self._empty, name="purge", daemon=True
            )
            self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait for whoever removes mail; return whether nobody does any more."""
        if self._thread is None:
            return True
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _waiting(self) -> list[str]:
        try:
            return sorted(os.listdir(self._aside))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def _has_disk(self) -> bool:
        try:
            lines = self._mounts.read_text(errors="replace").splitlines()
        except OSError:
            return False
        return any(line.split()[1:2] == [str(self.store)] for line in lines)

    @contextlib.contextmanager
    def _open(
        self, path: pathlib.Path | str, parent: int | None = None
    ) -> tp.Iterator[int]:
        handle = os.open(path, _DIRECTORY, dir_fd=parent)
        try:
            yield handle
        finally:
            os.close(handle)

    @contextlib.contextmanager
    def _open_aside(self, store: int) -> tp.Iterator[int]:
        is_new = False
        with contextlib.suppress(FileExistsError):
            os.mkdir(_ASIDE, 0o700, dir_fd=store)
            is_new = True
        with self._open(_ASIDE, store) as found:
            if is_new:
                os.fchown(found, *self._owner)
            yield found

    def _empty(self) -> None:
        for name in self._waiting():
            done = subprocess.run(  # noqa: S603 fixed words and our own paths
                ["/usr/bin/nice", "-n", "19", "/bin/rm", "-rf", "--", name],
                cwd=self._aside,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                user=self._owner[0],
                group=self._owner[1],
                extra_groups=[],
                check=False,
            )
            if done.returncode:
                if not self.problem:
                    LOG.warning("mail of deleted account %s cannot be removed", name)
                self.problem = "mail of deleted accounts cannot be removed"
                return
            LOG.info("removed the mail of deleted account %s", name)
        self.problem = ""
