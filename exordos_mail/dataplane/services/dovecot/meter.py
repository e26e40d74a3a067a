# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Tells the control plane who has logged in and what mailboxes hold: a thread.

Each minute those mailboxes are measured that may have changed: that got a message, that
somebody logged in to, that have a session. In the room that is left all others
take turns, so whatever has been missed is right again after a day (docs/adr/0049).
"""

import logging
import random
import threading
import typing as tp
import weakref

from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import logins as logins_lib
from exordos_mail.dataplane.engine import observer, service
from exordos_mail.dataplane.services.dovecot import lookups, notes, sessions, usage
from exordos_mail.dataplane.services.dovecot import paths as paths_lib
from exordos_mail.protocol import documents

LOG = logging.getLogger(__name__)

#: Seconds between two rounds.
PERIOD = 60.0
#: Mailboxes that are measured in one round, and those of them that merely take turns:
#: so many that a day has room for all.
MOST, TURNS = 1000, 50
_ROUNDS = int(86400 / PERIOD)
KIND = "usage"


class Meter:
    """Looks at the mailboxes of a node.

    Attributes:
        turns: mailboxes that merely take turns in a round.
    """

    def __init__(
        self,
        layout: layout_lib.Layout,
        paths: paths_lib.DovecotPaths,
        seen: observer.FactTeller,
    ) -> None:
        self._layout, self._paths, self._seen = layout, paths, seen
        self._teller = logins_lib.Teller(seen)
        #: Mailboxes that may have changed, by login, in the order of the notes.
        self._due: dict[str, str] = {}
        #: Mailboxes of those who have logged in, by login.
        self._known: dict[str, str] = {}
        self._bucket, self._waiting = -1, dict[str, str]()
        self.turns = TURNS
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, if it has not begun."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(
                target=_run,
                args=(weakref.ref(self), self._stopping),
                name="mailbox meter",
                daemon=True,
            )
            self._thread.start()
            # It ends with this object, too.
            weakref.finalize(self, self._stopping.set)

    def stop(self, seconds: float) -> bool:
        """End; return whether it has ended."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(seconds)
            if self._thread.is_alive():
                return False
            self._thread = None
        return True

    def round(self) -> None:
        """Tell what is due.

        Raises:
            Problem, OSError: Dovecot, or a file, does not tell.
        """
        found = notes.take(self._paths, self._layout)
        self._teller.tell(one.told() for one in found if one.service != "lmtp")
        for one in found:
            self._due[one.login] = self._known[one.login] = one.mailbox
        due = {login: self._due[login] for login in list(self._due)[:MOST]}
        due |= self._of_sessions()
        everybody = list((due | self._of_turn()).items())
        # One that is locked for long holds up who comes after it.
        random.shuffle(everybody)
        if self._measure(dict(everybody)):
            for login in due:
                self._due.pop(login, None)

    def _measure(self, boxes: tp.Mapping[str, str]) -> bool:
        """Tell what mailboxes hold; return whether Dovecot says anything."""
        found = usage.measure(self._paths, self._layout, boxes)
        facts = {
            boxes[login]: {"octets": one.octets, "messages": one.messages}
            for login, one in found.items()
            if login in boxes
        }
        if facts:
            self._seen.show(KIND, facts)
        return bool(facts)

    def _of_sessions(self) -> dict[str, str]:
        """Return the mailboxes that have a session: it may change them at any time."""
        found = {}
        for one in sessions.find(self._paths, self._layout):
            box = self._known.get(one.login) or self._mailbox(one.login)
            if box:
                found[one.login] = box
        return found

    def _of_turn(self) -> dict[str, str]:
        """Return the mailboxes whose turn it is."""
        found: dict[str, str] = {}
        for _ in range(documents.COUNT):
            if not self._waiting:
                self._next_bucket()
            while self._waiting and len(found) < self.turns:
                login, box = self._waiting.popitem()
                found[login] = box
        return found

    def _next_bucket(self) -> None:
        """Have the next accounts wait, those whose mailboxes somebody has used."""
        self._bucket = (self._bucket + 1) % documents.COUNT
        store = self._layout.disk(self._paths.store_dir)
        found = self._mailboxes(str(self._bucket))
        self._waiting = {
            login: box for login, box in found.items() if (store / box).is_dir()
        }
        whole = len(self._waiting) * documents.COUNT
        self.turns = max(TURNS, -(-whole // _ROUNDS))

    def _mailbox(self, login: str) -> str:
        """Return the mailbox of a login; "": it has none."""
        for key in (login.partition("@")[0], login):
            box = self._mailboxes(documents.bucket(key)).get(login)
            if box:
                self._known[login] = box
                return box
        return ""

    def _mailboxes(self, bucket: str) -> dict[str, str]:
        path = self._layout.disk(self._paths.accounts(bucket))
        try:
            return lookups.mailboxes(path.read_bytes())
        except (OSError, ValueError):
            return {}


def _run(meter: "weakref.ref[Meter]", stopping: threading.Event) -> None:
    while not stopping.wait(PERIOD):
        one = meter()
        if one is None:
            return
        try:
            one.round()
        except (OSError, service.Problem) as exc:
            LOG.warning("what mailboxes hold is not told: %s", type(exc).__name__)
        except Exception:
            LOG.exception("what mailboxes hold is not told")
        del one
