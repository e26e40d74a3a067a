# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Mail on its way out: homes that were moved aside, and a thread that removes them.

A home goes in one step, by a rename on its own disk: it is there whole, or not at all.
What is aside is to be removed, whoever is killed when.
"""

import logging
import os
import pathlib
import re
import shutil
import threading

LOG = logging.getLogger(__name__)

_ASIDE = ".purged"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


class Homes:
    """The homes of a store of mail.

    Args:
        store: the directory of all homes.
        mounts: fstab(5), which says whether the store is on a disk of its own.

    Attributes:
        store: see above.
        problem: why mail cannot be removed; "": it can.
    """

    def __init__(self, store: pathlib.Path, mounts: pathlib.Path) -> None:
        self.store, self._mounts = store, mounts
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
        return any(os.path.lexists(one / uuid) for one in (self.store, self._aside))

    def move_aside(self, uuid: str) -> None:
        """Have the mail of an account removed soon, if there is any.

        Raises:
            OSError: it cannot be moved.
            ValueError: this is no uuid.
        """
        if not _UUID.match(uuid):
            raise ValueError("a home is named by a uuid")
        home, aside = self.store / uuid, self._aside / uuid
        if not os.path.lexists(home):
            return
        self._aside.mkdir(mode=0o700, exist_ok=True)
        # One may be there still: a message came after the home was moved.
        for number in range(1000):
            if not os.path.lexists(aside):
                home.rename(aside)
                return
            aside = self._aside / f"{uuid}.{number}"
        raise FileExistsError(f"{aside} is there still")

    def remove(self) -> None:
        """See that somebody removes what is aside."""
        if self._thread is not None and self._thread.is_alive():
            return
        if self._aside.is_dir() and any(self._aside.iterdir()):
            self._thread = threading.Thread(
                target=self._empty, name="purge", daemon=True
            )
            self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait for whoever removes mail; return whether nobody does any more."""
        if self._thread is not None:
            self._thread.join(seconds)
            return not self._thread.is_alive()
        return True

    def _has_disk(self) -> bool:
        try:
            lines = self._mounts.read_text(errors="replace").splitlines()
        except OSError:
            return False
        return any(line.split()[1:2] == [str(self.store)] for line in lines)

    def _empty(self) -> None:
        for entry in sorted(self._aside.iterdir()):
            try:
                # It follows no link, whatever is put there meanwhile.
                shutil.rmtree(entry)
            except NotADirectoryError:
                entry.unlink(missing_ok=True)
            except OSError as exc:
                self.problem = f"mail of a deleted account stays: {exc.strerror}"
                LOG.warning("%s", self.problem)
                return
            LOG.info("removed the mail of deleted account %s", entry.name)
        self.problem = ""
