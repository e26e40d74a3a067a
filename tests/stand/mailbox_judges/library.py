# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Libraries that read mailboxes, each with a small program of ours around it.

A task is JSON: a `place.Box`, `folder` (from which to read), `message_id` and `to` (of
that folder it is moved there first; "": nothing is), `quota` (whether to ask for it).
The answer is {"ids": [...], "refusal": "...", "quota": ...}.
"""

import dataclasses

from tests.stand import node_packages
from tests.stand.mailbox_judges import place, root

_PROGRAMS = "/mnt/programs"
_PYTHON = ("env", f"PYTHONPATH={root.PLACE}/python", "python3")


@dataclasses.dataclass(frozen=True)
class Library:
    """One of them: how its program is run."""

    argv: tuple[str, ...]

    def read(
        self,
        job: place.Job,
        box: place.Box,
        folder: str = "INBOX",
        quota: bool = False,
    ) -> place.Reading:
        """Return what is in a folder."""
        return self._ask(job, box, folder, quota=quota)

    def file(
        self, job: place.Job, box: place.Box, message_id: str, folder: str
    ) -> place.Reading:
        """Move a message of the inbox to a new folder; return what is left."""
        return self._ask(job, box, "INBOX", message_id, folder)

    def _ask(
        self,
        job: place.Job,
        box: place.Box,
        folder: str,
        message_id: str = "",
        to: str = "",
        quota: bool = False,
    ) -> place.Reading:
        more = {"folder": folder, "message_id": message_id, "to": to, "quota": quota}
        return job.ask(box, more, *self.argv)


def _python(name: str) -> Library:
    return Library((*_PYTHON, f"{_PROGRAMS}/{name}"))


IMAPLIB = _python("read_imaplib.py")
POPLIB = _python("read_poplib.py")
IMAPCLIENT = _python("read_imapclient.py")
MANAGESIEVE = _python("read_managesieve.py")
IMAPFLOW = Library(
    (f"{root.PLACE}/{node_packages.NODE}", f"{_PROGRAMS}/read_imapflow.mjs"),
)
