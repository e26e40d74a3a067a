# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""All the files of exim that a payload makes, each made only where it is needed."""

import typing as tp

from exordos_mail.dataplane.engine import files, tls_pairs
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import state as state_lib
from exordos_mail.dataplane.services.exim import domains as domains_lib
from exordos_mail.dataplane.services.exim import (
    former,
    outbound,
    principals,
    render,
    srs,
)
from exordos_mail.standards import smarthost


class ManagedFiles(tp.NamedTuple):
    """The files of exim for a payload.

    `tree` leaves out what is made of a damaged bucket: that stays as it is.
    `expected` has all paths and their directories; `revision` is that of exim's
    configuration; `choice` are the certificates beside those that the node makes;
    `keys` are the signing keys of the primary domain; `way` is how mail leaves.
    """

    tree: files.Tree
    expected: frozenset[str]
    revision: str
    choice: tls_pairs.Choice
    keys: tuple[domains_lib.Key, ...]
    way: smarthost.Way


class Maker:
    """Tells the files of a payload; those of the last one are remembered."""

    def __init__(self, layout: layout_lib.Layout, store: state_lib.Store) -> None:
        self._layout = layout
        self._store = store
        self._payload: payload_lib.Payload | None = None
        self._damaged: frozenset[payload_lib.Place] = frozenset()
        self._keeper = tls_pairs.Keeper(layout)
        self._choice = tls_pairs.Choice()
        self._former: files.Signature | None = None
        self._managed: ManagedFiles | None = None
        self._domains = domains_lib.DomainReader()
        #: The domains last made, their files, and those with their directories.
        self._of_domains: tuple[
            domains_lib.Domains | None, files.Tree, frozenset[str]
        ] = (None, {}, frozenset())

    def of(self, payload: payload_lib.Payload) -> ManagedFiles:
        """Return the files of a payload that is in the store."""
        damaged = self._store.damaged(payload)
        choice = self._keeper.of(payload)
        of_former = former.signature(self._layout)
        if (
            self._managed is None
            or self._payload is not payload
            or self._damaged != damaged
            or self._choice != choice
            or self._former != of_former
        ):
            self._choice, self._former = choice, of_former
            self._managed = self._make(payload, damaged)
            self._payload, self._damaged = payload, damaged
        return self._managed

    def _make(
        self, payload: payload_lib.Payload, damaged: frozenset[payload_lib.Place]
    ) -> ManagedFiles:
        layout = self._layout
        who = principals.Principals.stored(payload)
        domains = self._domains.of(payload)
        if self._of_domains[0] is not domains:
            made = domains_lib.tree(domains.found, layout)
            self._of_domains = (domains, made, files.with_parents(made))
        way, is_known = self._way(payload)
        tree = {
            **render.render(payload.spec, who, layout, self._of_domains[1], way),
            **render.render_tls(self._choice, payload.spec, layout),
            **srs.tree(layout),
            **former.tree(layout),
        }
        expected = {*tree, *layout.certificates, *layout.certificate_keys}
        expected |= {*layout.combined_certificates, *self._choice.lingering}
        if not domains.is_whole:
            # Of what is lost nobody knows which files it makes.
            expected |= set(files.below(layout, layout.domains_dir))
            expected |= set(files.below(layout, layout.dkim_dir))
        if payload.digests("tenants") or not payload.knows("tenants"):
            expected.add(layout.send_cdb)  # made by the send service
        if not is_known:
            # Mail goes on leaving as it did, and never past a smarthost.
            for path in outbound.tree(way, layout):
                del tree[path]
        for collection, bucket in damaged:
            if collection == "accounts":
                del tree[layout.passwd_cdb(bucket)]
                tree.pop(layout.passwd, None)
            elif collection == "aliases":
                del tree[layout.aliases_cdb(bucket)]
        revision = render.revision_of(tree[layout.exim_conf].make())
        keys = next((one.keys for one in domains.found if one.primary), ())
        of_domains = self._of_domains[2]
        whole = of_domains | files.with_parents(expected - of_domains)
        return ManagedFiles(tree, whole, revision, self._choice, keys, way)

    @staticmethod
    def _way(payload: payload_lib.Payload) -> tuple[smarthost.Way, bool]:
        """Return how mail leaves, and whether that is known."""
        try:
            return outbound.of(payload), True
        except payload_lib.DamagedBucket:
            return smarthost.Way(), False
