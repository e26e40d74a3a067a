# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Removes the mail of deleted accounts that the control plane names (docs/adr/0051).

Nothing is removed because something is not there: neither an account nor a document.
What is named stays named until the control plane has heard that it is gone.
"""

import os
import typing as tp

from exordos_mail import constants as c
from exordos_mail.dataplane.engine import accounts, service
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.services.purges import homes

COLLECTION = KIND = "purges"
_DONE = {"done": True}


class Purges(service.Service):
    """Mail that is to be removed. Every instance has it, most of the time nothing."""

    name = "purges"
    # Whose account has gone has no session any more.
    needs = ("dovecot",)
    reads = (COLLECTION,)

    def __init__(self, tools: service.Tools) -> None:
        self._observer = tools.observer
        self._layout = tools.layout
        self._store = tools.layout.disk(c.MAIL_STORE_DIR)
        self._made: homes.Homes | None = None
        #: What is named and not told to be gone, and what was told.
        self._due: set[str] = set()
        self._told: set[str] = set()

    def wanted(self, state: payload_lib.Payload) -> bool:
        """Return that it is: mail stays where an instance keeps none any more."""
        return True

    def part(self, state: payload_lib.Payload) -> tp.Hashable:
        """Return what is named."""
        return tuple(state.digests(COLLECTION).items())

    def bring(
        self, state: payload_lib.Payload, previous: payload_lib.Payload | None
    ) -> None:
        """Move aside what is named.

        Raises:
            Problem: the disk is not there, or an account has the mail.
        """
        self._look(state)
        if not self._due:
            return
        if not self._homes.are_there:
            raise service.Problem("the disk of the mail to be removed is not there")
        for uuid in self._due - self._of_accounts(state):
            self._homes.move_aside(uuid)
        self._homes.remove()
        if self._due & self._of_accounts(state):
            raise service.Problem("mail that is to be removed is that of an account")

    def health(self, state: payload_lib.Payload) -> service.Health:
        """Return whether something is still to be moved aside, or cannot be removed."""
        self._look(state)
        left = [one for one in self._due if os.path.lexists(self._store / one)]
        problem = "mail of deleted accounts is still to be removed" if left else ""
        failure = self._made.problem if self._made else ""
        return service.Health(problem=problem, failure=failure)

    def attend(self) -> None:
        """Go on removing, and tell what is gone."""
        if not self._store.is_dir():
            return
        self._homes.remove()
        if not self._due or not self._homes.are_there:
            return
        gone = {one for one in self._due if not self._homes.holds(one)}
        if gone:
            self._observer.show(KIND, dict.fromkeys(gone, _DONE))
            self._due -= gone
            self._told |= gone

    def retire(self, seconds: float) -> bool:
        """Let whoever removes mail come to an end; nothing else is here."""
        if self._made and not self._made.wait(seconds):
            raise service.Problem("mail of deleted accounts is being removed")
        return False

    @property
    def _homes(self) -> homes.Homes:
        """The homes; a machine that has no mailboxes may lack their owner.

        Raises:
            KeyError: it does.
        """
        if self._made is None:
            layout, user = self._layout, c.MAILBOX_USER
            owner = layout.uid(user), layout.gid(user)
            mounts = layout.disk("/etc/fstab")
            self._made = homes.Homes(self._store, mounts, owner)
        return self._made

    def _look(self, state: payload_lib.Payload) -> None:
        """Note what is named; what is named no more may be told anew one day."""
        named = set(state.documents(COLLECTION))
        over = self._told - named
        if over:
            self._observer.show(KIND, dict.fromkeys(over))
        self._told &= named
        self._due = named - self._told

    def _of_accounts(self, state: payload_lib.Payload) -> set[str]:
        """Return whose mail is that of an account now; the platform names none."""
        found: set[str] = set()
        for bucket in state.digests("accounts"):
            documents = state.bucket("accounts", bucket)
            found |= {
                one.mailbox for one in accounts.of_bucket(documents, state.domain)
            }
        return self._due & found
