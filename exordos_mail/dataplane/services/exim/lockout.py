# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Whose sessions must end: of accounts that are gone or have a new password.

Noted on the disk before the accounts change, so that a crash does not forget
it. Only buckets that have changed are compared.
"""

from exordos_mail.dataplane.engine import files, heads, inventory
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.services.exim import principals, sessions
from exordos_mail.protocol import documents


def note(
    layout: layout_lib.Layout,
    known: inventory.Inventory,
    tree: files.Tree,
    payload: payload_lib.Payload,
) -> None:
    """Remember whose sessions end when the lookup files of `tree` are put in place.

    The files in place tell who is served: they change after this.
    """
    gone: set[str] = set()
    for bucket in map(str, range(documents.COUNT)):
        path = layout.passwd_cdb(bucket)
        # A damaged text makes no file: nobody of this bucket changes.
        if path in tree and not known.is_in_place(path, tree[path]):
            gone |= _gone(layout, payload, bucket)
    noted = pending(layout)
    if not gone <= noted:
        heads.make_directory(layout)
        files.write(layout, layout.lockout, heads.json_file(sorted(gone | noted)))


def pending(layout: layout_lib.Layout) -> frozenset[str]:
    """Return the addresses whose open sessions are still to be ended."""
    value = heads.load_json(layout, layout.lockout)
    return frozenset(value) if isinstance(value, list) else frozenset()


def is_pending(layout: layout_lib.Layout) -> bool:
    """Return whether there are any, without reading them."""
    return files.signature(layout.disk(layout.lockout)) is not None


def carry_out(layout: layout_lib.Layout) -> None:
    """End the sessions and forget the addresses."""
    if is_pending(layout):
        sessions.end(layout, pending(layout))
        clear(layout)


def clear(layout: layout_lib.Layout) -> None:
    """Forget the addresses: no session of theirs is open."""
    files.remove(layout.disk(layout.lockout))


def _gone(
    layout: layout_lib.Layout, payload: payload_lib.Payload, bucket: str
) -> set[str]:
    before = principals.served(layout, bucket)
    if not before:
        return set()
    after = principals.submitters(payload.domain, payload.bucket("accounts", bucket))
    # One more app password is no reason; sessions are not told apart by theirs.
    return {login for login in before if not before[login] <= after.get(login, set())}
