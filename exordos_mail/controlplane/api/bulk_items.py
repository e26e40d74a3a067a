# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""The items of a bulk request and what becomes of each."""

import dataclasses
import typing as tp
import uuid as sys_uuid

from exordos_mail.controlplane.dm import models

CREATE, UPDATE, DELETE = "create", "update", "delete"
#: In the order in which they are done: a deleted account's name is free again.
KINDS = (DELETE, UPDATE, CREATE)

#: Status of an item that was done, as of the single request for it.
_DONE = {DELETE: 204, UPDATE: 200, CREATE: 201}
#: RFC 4918 section 11.4: not done because another item of the request failed.
_FAILED_DEPENDENCY = 424
_REPEATED = "uuid: the same account stands twice in this list"


@dataclasses.dataclass
class Item:
    """One item of a request.

    Attributes:
        kind: one of KINDS.
        index: its place in the request's list of that kind, from 0.
        sent: the item as it was sent.
        uuid: the account's, once it is known.
        account: the account with the wanted values, once it is known.
        status: HTTP status; above 400 with `error`, a text for a person.
    """

    kind: str
    index: int
    sent: object
    uuid: sys_uuid.UUID | None = None
    account: models.MailAccount | None = None
    status: int = _FAILED_DEPENDENCY
    error: str = "another item failed, so nothing was done"

    @property
    def failed(self) -> bool:
        """Tell whether the item itself is at fault."""
        return self.status >= 400 and self.status != _FAILED_DEPENDENCY

    def succeed(self) -> None:
        """Note that it was done."""
        self.status, self.error = _DONE[self.kind], ""

    def fail(self, status: int, error: str) -> None:
        """Note why it was not done."""
        self.status, self.error = status, error

    def undo(self) -> None:
        """Note that it was taken back because of another item."""
        if not self.failed:
            self.fail(_FAILED_DEPENDENCY, Item.error)

    def result(self) -> dict[str, tp.Any]:
        """Return what the response says about it."""
        if self.error:
            return {"index": self.index, "status": self.status, "error": self.error}
        done = {"index": self.index, "status": self.status, "uuid": self.uuid}
        made = self.account.generated_password if self.account else None
        return {**done, "generated_password": made} if made else done


class Items:
    """All items of a request.

    Args:
        sent: the lists of the request by kind.
    """

    def __init__(self, sent: tp.Mapping[str, tp.Sequence[object]]) -> None:
        self._lists = {
            kind: [Item(kind, n, one) for n, one in enumerate(sent[kind])]
            for kind in KINDS
        }

    def of(self, kind: str) -> list[Item]:
        """Return the items of a kind that have not failed so far."""
        return [item for item in self._lists[kind] if not item.failed]

    def uuids(self, kind: str) -> list[sys_uuid.UUID]:
        """Return the accounts' uuids of those items."""
        return [item.uuid for item in self.of(kind) if item.uuid is not None]

    def accounts(self, kind: str) -> list[models.MailAccount]:
        """Return the accounts of those items, with the wanted values."""
        return [item.account for item in self.of(kind) if item.account is not None]

    def kinds(self) -> list[str]:
        """Return the kinds of which there are any."""
        return [kind for kind in KINDS if self._lists[kind]]

    def first_failure(self) -> Item | None:
        """Return the first item that has failed, in the order of KINDS."""
        return next((item for item in self._all() if item.failed), None)

    def refuse_repeated(self, kind: str) -> None:
        """Fail every item of a kind whose account an earlier one names."""
        seen = set()
        for item in self.of(kind):
            if item.uuid in seen:
                item.fail(409, _REPEATED)
            seen.add(item.uuid)

    def undo(self) -> None:
        """Note that nothing at all was done."""
        for item in self._all():
            item.undo()

    def results(self) -> dict[str, tp.Any]:
        """Return the response's body: the results by kind, and their number."""
        failed = sum(bool(item.error) for item in self._all())
        lists = {
            kind: [item.result() for item in items]
            for kind, items in self._lists.items()
        }
        done = sum(map(len, lists.values())) - failed
        return {"done": done, "failed": failed, **lists}

    def _all(self) -> tp.Iterator[Item]:
        for items in self._lists.values():
            yield from items
