# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Whose sessions must end: of accounts that are gone, closed, or have a new password.

Noted on the disk before the accounts change, so that a crash does not forget it; only
buckets that have changed are compared. The sessions are ended twice: a login that was
verified just before the change may begin its session just after the first time.
"""

import logging
import signal
import typing as tp

from exordos_mail.dataplane.engine import files, heads, inventory
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.dovecot import lookups, sessions
from exordos_mail.dataplane.services.dovecot import paths as paths_lib

LOG = logging.getLogger(__name__)

# Seconds in which a session begins whose login has been verified.
_AGAIN = 2.0


class Lockout:
    """The note, and what has been done of it.

    Attributes:
        path: of the note, JSON: a list of logins.
    """

    def __init__(
        self, layout: layout_lib.Layout, paths: paths_lib.DovecotPaths
    ) -> None:
        self._layout = layout
        self._paths = paths
        self.path = layout.state_dir + "/mailbox-lockout.json"
        #: When the accounts were changed whose sessions were ended once, by login.
        self._ended: dict[str, float] = {}

    def note(self, known: inventory.Inventory, tree: files.Tree) -> None:
        """Remember whose sessions end when the lookup files of `tree` are put in place.

        The files in place tell who is served: they change after this.
        """
        gone: set[str] = set()
        for bucket in lookups.BUCKETS:
            path = self._paths.accounts(bucket)
            # A damaged text makes no file: nobody of this bucket changes.
            if path in tree and not known.is_in_place(path, tree[path]):
                gone |= self._gone(tree[path], path)
        for login in gone:
            self._ended.pop(login, None)
        noted = self.pending()
        if not gone <= noted:
            self._write(gone | noted)

    def pending(self) -> frozenset[str]:
        """Return the logins whose open sessions are still to be ended."""
        value = heads.load_json(self._layout, self.path)
        return frozenset(value) if isinstance(value, list) else frozenset()

    @property
    def is_due(self) -> bool:
        """Whether sessions have not been ended even once."""
        return self._is_noted and not self.pending() <= self._ended.keys()

    def carry_out(self) -> None:
        """End the sessions, now that the changed accounts are in place.

        Raises:
            Problem: Dovecot does not tell who is logged in.
        """
        if not self.is_due:
            return
        due = dict.fromkeys(self.pending() - self._ended.keys(), sessions.now())
        count = sessions.end(self._paths, self._layout, due)
        LOG.info("ended %d sessions of %d changed accounts", count, len(due))
        self._ended |= due

    def finish(self) -> None:
        """End those that began meanwhile, after a while, and forget the logins.

        Raises:
            Problem: Dovecot does not tell who is logged in.
        """
        last = sessions.now() - _AGAIN
        over = {login: ended for login, ended in self._ended.items() if ended < last}
        if not over:
            return
        # Who has not ended by now is stuck.
        sessions.end(self._paths, self._layout, over, signal.SIGKILL)
        left = self.pending() - over.keys()
        for login in over:
            del self._ended[login]
        if left:
            self._write(left)
        else:
            self.clear()

    def clear(self) -> None:
        """Forget the logins: no session of theirs is open."""
        files.remove(self._layout.disk(self.path))
        self._ended.clear()

    def _write(self, logins: tp.Iterable[str]) -> None:
        heads.make_directory(self._layout)
        files.write(self._layout, self.path, heads.json_file(sorted(logins)))

    @property
    def _is_noted(self) -> bool:
        return files.signature(self._layout.disk(self.path)) is not None

    def _gone(self, recipe: files.Recipe, path: str) -> set[str]:
        try:
            before = lookups.served(self._layout.disk(path).read_bytes())
        except (OSError, ValueError):
            return set()
        after = lookups.served(recipe.make().content) if before else {}
        # One more app password is no reason; sessions are not told apart by theirs.
        return {
            login for login in before if not before[login] <= after.get(login, set())
        }
