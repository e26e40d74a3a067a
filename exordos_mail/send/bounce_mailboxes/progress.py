# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How far a poll has come, and what of it is not written yet: pure."""

import collections.abc as abc
import dataclasses

from exordos_mail.send.bounce_mailboxes.effect import Counts, Read
from exordos_mail.send.bounce_mailboxes.polls import AGAIN, DONE, REMOVING, Mark
from exordos_mail.send.bounce_mailboxes.source import Listed

#: Milliseconds for which a mail that came too early is read again.
EARLY_MAX = 24 * 3600 * 1000
#: Steps after which what is not written should be.
_LONG = 1000


@dataclasses.dataclass
class Progress:
    """Where a poll is.

    Attributes:
        is_imap: mails have UIDs, which grow; else each one that is read is remembered.
        removes: mails are moved or deleted once they are read.
        last_uid: IMAP: all mails up to it are read.
        ahead: IMAP: UIDs that are to be read, in their order; `at` is the next one, and
            `behind` are those after it that are read already.
        marks: what is known of single mails, as it is written.
        counts, states, gone: what is not written yet; `gone` are to be forgotten.
    """

    is_imap: bool
    removes: bool
    last_uid: int
    ahead: abc.Sequence[int] = ()
    at: int = 0
    behind: frozenset[int] = frozenset()
    marks: dict[str, Mark] = dataclasses.field(default_factory=dict)
    counts: Counts = dataclasses.field(default_factory=Counts)
    states: dict[str, str] = dataclasses.field(default_factory=dict)
    gone: list[str] = dataclasses.field(default_factory=list)

    @property
    def is_long(self) -> bool:
        """Tell whether much is not written yet."""
        return len(self.states) + len(self.gone) >= _LONG

    def begin(self, new: abc.Sequence[Listed]) -> None:
        """Know the mails that are new."""
        self.ahead = [one.number for one in new] if self.is_imap else ()
        self.at, self.behind = 0, frozenset()

    def copy(self) -> "Progress":
        """Return one on which a transaction can work that may be undone."""
        return dataclasses.replace(
            self,
            counts=dataclasses.replace(self.counts),
            states=dict(self.states),
            gone=list(self.gone),
        )

    def of_state(self, state: str) -> list[str]:
        """Return the mails of a state, as it is written."""
        return [uid for uid, mark in self.marks.items() if mark.state == state]

    def note(self, one: Listed, found: Read, now: int) -> None:
        """Know what a mail was."""
        before = self.marks.get(one.uid)
        if found.is_early and (before is None or now < before.created_at + EARLY_MAX):
            # It counts when it has come to something.
            self.states[one.uid] = AGAIN
        else:
            self._count(found.counts)
            if found.is_automatic and self.removes:
                self.states[one.uid] = REMOVING
            elif not self.is_imap:
                self.states[one.uid] = DONE
            elif before is not None:
                self.gone.append(one.uid)
        self._pass(one)

    def miss(self, one: Listed) -> None:
        """Know that a mail is not there any more."""
        if one.uid in self.marks:
            self.gone.append(one.uid)
        self._pass(one)

    def written(self, now: int) -> None:
        """Know that all of it is written."""
        for uid, state in self.states.items():
            before = self.marks.get(uid)
            self.marks[uid] = Mark(state, before.created_at if before else now)
        for uid in self.gone:
            self.marks.pop(uid, None)
        self.counts, self.states, self.gone = Counts(), {}, []

    def _count(self, counts: Counts) -> None:
        more = dataclasses.asdict(counts)
        for name, former in dataclasses.asdict(self.counts).items():
            setattr(self.counts, name, former + more[name])

    def _pass(self, one: Listed) -> None:
        """Come as far as all mails are read."""
        if not self.is_imap:
            return
        self.behind |= {one.number}
        while self.at < len(self.ahead) and self.ahead[self.at] in self.behind:
            self.last_uid = self.ahead[self.at]
            self.behind -= {self.last_uid}
            self.at += 1
