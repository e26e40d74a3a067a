# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""All the files of exim that a payload makes, each made only where it is needed."""

import typing as tp

from exordos_mail.dataplane.engine import files
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import state as state_lib
from exordos_mail.dataplane.services.exim import render


class ManagedFiles(tp.NamedTuple):
    """The files of exim for a payload.

    `tree` leaves out what is made of a damaged shard: that stays as it is.
    `expected` has all paths and their directories; `revision` is that of exim's
    configuration.
    """

    tree: files.Tree
    expected: frozenset[str]
    revision: str


class Maker:
    """Tells the files of a payload; those of the last one are remembered."""

    def __init__(self, layout: layout_lib.Layout, store: state_lib.Store) -> None:
        self._layout = layout
        self._store = store
        self._payload: payload_lib.Payload | None = None
        self._damaged: frozenset[int] = frozenset()
        self._managed: ManagedFiles | None = None

    def of(self, payload: payload_lib.Payload) -> ManagedFiles:
        """Return the files of a payload that is in the store."""
        damaged = self._store.damaged(payload)
        if (
            self._managed is None
            or self._payload is not payload
            or self._damaged != damaged
        ):
            self._managed = self._make(payload, damaged)
            self._payload, self._damaged = payload, damaged
        return self._managed

    def _make(
        self, payload: payload_lib.Payload, damaged: frozenset[int]
    ) -> ManagedFiles:
        layout, store = self._layout, self._store
        accounts = render.Accounts(
            payload.digests, lambda shard: store.text(shard, payload.digests[shard])
        )
        tree = render.render(payload.spec, accounts, layout)
        expected = {*tree, *layout.certificates, *layout.certificate_keys}
        if payload.tenants:
            expected.add(layout.send_cdb)  # made by the send service
        for shard in damaged:
            del tree[layout.passwd_cdb(shard)]
            tree.pop(layout.passwd, None)
        revision = render.revision_of(tree[layout.exim_conf].make())
        return ManagedFiles(tree, files.with_parents(expected), revision)
