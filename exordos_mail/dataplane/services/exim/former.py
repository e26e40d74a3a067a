# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Addresses that accounts had until they got other ones.

exim asks who has an address when it delivers. What it has taken before an account got
another address, and what it then bounces to the old one, still is that account's mail
(docs/adr/0056). So the node remembers who had an address until when, for longer than
exim keeps a message. Noted before the accounts change, so that a crash forgets nothing.

    <state>/former.json     {"had": {"ann@example.com": [[<until>, <mailbox>], ...]},
                             "has": {<mailbox>: "anna@example.com"}}
    lookups/former.cdb      ann@example.com -> <until> <mailbox> anna@example.com,...

`until`: seconds of Unix time, the earliest first.
"""

import time
import typing as tp

from exordos_mail.dataplane.engine import accounts, cdb, files, heads, inventory
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.services.exim import principals
from exordos_mail.protocol import documents

#: Seconds; exim gives a message up after four days (exim4.conf.j2, "begin retry").
KEPT = 8 * 24 * 3600
_MODE = 0o640
_clock = time.time

Had = dict[str, list[tuple[int, str]]]


class Former(tp.NamedTuple):
    """Who had an address, and what address that mailbox has now."""

    had: Had
    has: dict[str, str]


def note(
    layout: layout_lib.Layout,
    known: inventory.Inventory,
    tree: files.Tree,
    payload: payload_lib.Payload,
) -> None:
    """Remember who gets another address when the lookup files of `tree` are put.

    The files in place tell who has an address: they change after this.
    """
    before: set[tuple[str, str]] = set()
    after: set[tuple[str, str]] = set()
    for bucket in map(str, range(documents.COUNT)):
        path = layout.passwd_cdb(bucket)
        # A damaged text makes no file: nobody of this bucket changes.
        if path in tree and not known.is_in_place(path, tree[path]):
            before.update(principals.mailboxes(layout, bucket))
            found = payload.bucket("accounts", bucket)
            wanted = accounts.of_bucket(found, payload.domain)
            after.update((one.login, one.mailbox) for one in wanted if one.mailbox)
    there = load(layout)
    made = changed(there, before, after, int(_clock()))
    if made != there:
        heads.make_directory(layout)
        value = {"had": made.had, "has": made.has}
        files.write(layout, layout.former, heads.json_file(value))


def changed(
    there: Former,
    before: tp.Iterable[tuple[str, str]],
    after: tp.Collection[tuple[str, str]],
    now: int,
) -> Former:
    """Return what is to be remembered, `there` being remembered.

    Args:
        there: what is.
        before: addresses with their mailboxes, of buckets that change.
        after: the same, as it will be.
        now: seconds of Unix time.
    """
    had = {
        address: [item for item in items if item[0] > now - KEPT]
        for address, items in there.had.items()
    }
    moved = {mailbox: address for address, mailbox in after}
    has = {**there.has, **moved}
    for address, mailbox in before:
        if mailbox in moved and (address, mailbox) not in after:
            # Once more: whoever was killed notes it again.
            others = [one for one in had.get(address, ()) if one[1] != mailbox]
            had[address] = sorted([*others, (now, mailbox)])
    had = {address: items for address, items in had.items() if items}
    named = {mailbox for items in had.values() for _, mailbox in items}
    return Former(had, {one: has[one] for one in sorted(named) if one in has})


def load(layout: layout_lib.Layout) -> Former:
    """Return what is remembered; nothing of what is damaged."""
    value = heads.load_json(layout, layout.former)
    try:
        had = {
            str(address): [(int(until), str(mailbox)) for until, mailbox in items]
            for address, items in value["had"].items()
        }
        return Former(had, {str(k): str(v) for k, v in value["has"].items()})
    except (TypeError, KeyError, ValueError, AttributeError):
        return Former({}, {})


def signature(layout: layout_lib.Layout) -> files.Signature | None:
    """Return what changes with what is remembered."""
    return files.signature(layout.disk(layout.former))


def tree(layout: layout_lib.Layout) -> files.Tree:
    """Return exim's file; it is there even if nobody had another address."""
    there = load(layout)
    rows = (
        (address.encode("ascii"), _row(items, there.has).encode("ascii"))
        for address, items in sorted(there.had.items())
    )
    file = files.File(cdb.dumps(rows), group=layout.exim_group, mode=_MODE)
    return {layout.former_cdb: files.Recipe.of(file)}


def _row(items: list[tuple[int, str]], has: tp.Mapping[str, str]) -> str:
    return ",".join(f"{until} {one} {has.get(one, '')}" for until, one in items)
