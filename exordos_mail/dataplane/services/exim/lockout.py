# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Whose sessions must end: of accounts that are gone or have a new password.

Noted on the disk before the accounts change, so that a crash does not forget
it. Only shards that have changed are compared.
"""

from exordos_mail.dataplane.engine import cdb, files
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import state as state_lib
from exordos_mail.dataplane.services.exim import sessions
from exordos_mail.protocol import shards


def note(
    layout: layout_lib.Layout,
    store: state_lib.Store,
    candidate: payload_lib.Candidate,
) -> None:
    """Remember whose sessions end when `candidate` takes the accepted one's place."""
    gone = _gone(layout, store, candidate)
    noted = pending(layout)
    if not gone <= noted:
        state_lib.make_directory(layout)
        files.write(layout, layout.lockout, state_lib.json_file(sorted(gone | noted)))


def pending(layout: layout_lib.Layout) -> frozenset[str]:
    """Return the addresses whose open sessions are still to be ended."""
    value = state_lib.load_json(layout, layout.lockout)
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
    layout: layout_lib.Layout,
    store: state_lib.Store,
    candidate: payload_lib.Candidate,
) -> set[str]:
    accepted, payload = store.load(), candidate.payload
    gone: set[str] = set()
    for shard in range(shards.COUNT):
        if (
            accepted is not None
            and accepted.domain == payload.domain
            and accepted.digests.get(shard) == payload.digests.get(shard)
        ):
            continue
        before = _before(layout, store, accepted, shard)
        after = {}
        if shard in payload.digests and before:
            text = candidate.texts.get(shard)
            if text is None:
                text = store.text(shard, payload.digests[shard])
            after = _logins(payload.domain, text)
        gone.update(login for login in before if after.get(login) != before[login])
    return gone


def _before(
    layout: layout_lib.Layout,
    store: state_lib.Store,
    accepted: payload_lib.Payload | None,
    shard: int,
) -> dict[str, str]:
    """Return the logins of a shard as they are served, with their hashes.

    Where the node's own copy is lost, the lookup file tells.
    """
    if accepted is not None:
        digest = accepted.digests.get(shard)
        if digest is None:
            return {}
        try:
            return _logins(accepted.domain, store.text(shard, digest))
        except state_lib.DamagedShard:
            pass
    try:
        database = layout.disk(layout.passwd_cdb(shard)).read_bytes()
        return {
            login.decode(): hashed.decode() for login, hashed in cdb.items(database)
        }
    except (OSError, ValueError):
        return {}


def _logins(domain: str, text: bytes) -> dict[str, str]:
    return {
        f"{username}@{domain}": hashed
        for username, hashed in shards.accounts(text).items()
    }
