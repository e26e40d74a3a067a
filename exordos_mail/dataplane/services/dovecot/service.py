# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The mailboxes of the node: Dovecot, which exim hands mail to and users read from.

An instance that keeps no mailboxes runs none. Accounts are data that each lookup reads
anew; a certificate is another configuration, which a reload takes. Mail is never
removed here: it stays where it is when Dovecot goes.
"""

import dataclasses
import datetime
import os
import socket
import typing as tp

from exordos_mail import constants as c
from exordos_mail.dataplane.engine import certificate, service, tls_pairs
from exordos_mail.dataplane.engine import files as files_lib
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.services.dovecot import (
    daemon,
    doors,
    lockout,
    lookups,
    meter,
    rehearsal,
    render,
    sites,
)
from exordos_mail.dataplane.services.dovecot import paths as paths_lib

_DIRECTORY_MODE = 0o750
_STORE_MODE = 0o700
_TO_GO = "Dovecot is still to be removed"


class Dovecot(service.Service):
    """Dovecot. An instance that keeps mailboxes has it."""

    name = "dovecot"
    reads = (lookups.COLLECTION, tls_pairs.COLLECTION)

    def __init__(self, tools: service.Tools) -> None:
        self._layout = layout = tools.layout
        self._store = tools.store
        self._inventory = tools.inventory
        paths = paths_lib.DovecotPaths()
        self._paths = paths if socket.has_dualstack_ipv6() else paths.without_ipv6()
        unit = tools.unit(self.name, c.DOVECOT_UNIT)
        self._daemon = daemon.DovecotDaemon(layout, self._paths, unit)
        self._lockout = lockout.Lockout(layout, self._paths)
        self._meter = meter.Meter(layout, self._paths, tools.observer)
        self._keeper = tls_pairs.Keeper(layout)
        self._certificate = certificate.Watch(layout)

    def wanted(self, state: payload_lib.Payload) -> bool:
        """Return whether the instance keeps mailboxes."""
        return state.spec.mailboxes is not None

    def part(self, state: payload_lib.Payload) -> tp.Hashable:
        """Return what mailboxes depend on; None: there are none."""
        if not self.wanted(state):
            return None
        own = tuple(tuple(state.digests(one).items()) for one in self.reads)
        return state.spec.mailboxes, _names(state), own

    def files(self, state: payload_lib.Payload) -> files_lib.Tree:
        """Return the configuration, its certificates, and the lookup files."""
        return {
            **self._configuration(state, self._paths, self._layout),
            **self._lookups(state),
        }

    def rehearse(self, state: payload_lib.Payload) -> None:
        """Run the configuration in private, if it is another one than that in place."""
        if self._conf_changes(state):
            rehearsal.rehearse(
                lambda private: self._candidate(state, private),
                state.domain,
                self._paths,
                self._layout,
            )

    def prepare(self, state: payload_lib.Payload) -> None:
        """See Service."""
        self._make_directories()
        self._make_certificate(state)
        tree, conf = self.files(state), self._paths.conf
        self._inventory.put(tree, set(tree) - {conf})
        # No session has outlived the boot.
        self._lockout.clear()
        self.rehearse(state)
        self._inventory.put(tree, [conf])

    def bring(
        self, state: payload_lib.Payload, previous: payload_lib.Payload | None
    ) -> None:
        """See Service; the old configuration comes back if Dovecot does not take it."""
        self._make_directories()
        self._make_certificate(state)
        tree, conf = self.files(state), self._paths.conf
        self._lockout.note(self._inventory, tree)
        self._inventory.put(tree, set(tree) - {conf})
        self._lockout.carry_out()
        before = None
        if self._conf_changes(state):
            before = self._daemon.conf_in_service()
            self._inventory.put(tree, [conf])
        reason = self._daemon.take(render.revision(tree[conf].make()))
        if reason:
            self._fail(reason, before, previous)
        self._remove_strays(state)

    def health(self, state: payload_lib.Payload) -> service.Health:
        """Return what Dovecot tells, and whether its files are in place."""
        if not self.wanted(state):
            return service.Health(problem=_TO_GO if self._is_there else "")
        if self._lockout.is_due:
            left = "sessions of changed mailboxes are still to be ended"
            return service.Health(problem=left)
        tree = self.files(state)
        for path, recipe in tree.items():
            if not self._inventory.is_in_place(path, recipe):
                return service.Health(problem=f"{path} is not as it should be")
        for path in self._strays(state):
            return service.Health(problem=f"{path} does not belong there")
        revision = render.revision(tree[self._paths.conf].make())
        proof = self._sites(state, self._layout).proof
        return service.Health(problem=self._daemon.problem(revision, proof))

    def doors(self, state: payload_lib.Payload) -> tuple[service.Door, ...]:
        """See Service."""
        return doors.doors(self._paths, self._layout.disk)

    def retire(self, seconds: float) -> bool:
        """Stop Dovecot and remove its files; mail stays."""
        if not self._is_there:
            return False
        if not self._meter.stop(seconds):
            raise service.Problem(_TO_GO)
        self._daemon.stop()
        self._lockout.clear()
        files_lib.remove_tree(self._layout.disk(self._paths.rehearsal_dir))
        # Last: as long as it is there, the service counts as there.
        files_lib.remove_tree(self._layout.disk(self._paths.directory))
        return True

    def attend(self) -> None:
        """End sessions that began while their accounts changed; see to the meter."""
        self._lockout.finish()
        if self._is_there:
            self._meter.start()

    # --- files ------------------------------------------------------------------

    @property
    def _is_there(self) -> bool:
        return files_lib.signature(self._layout.disk(self._paths.directory)) is not None

    def _sites(
        self, state: payload_lib.Payload, layout: layout_lib.Layout
    ) -> sites.Sites:
        try:
            return sites.of(self._keeper.of(state), state, layout)
        except FileNotFoundError as exc:
            raise service.NotYet(f"Dovecot waits for {exc.filename}") from None

    def _configuration(
        self,
        state: payload_lib.Payload,
        paths: paths_lib.DovecotPaths,
        layout: layout_lib.Layout,
    ) -> files_lib.Tree:
        made = self._sites(state, layout).files(_names(state), paths)
        return {path: files_lib.Recipe.of(file) for path, file in made.items()}

    def _lookups(self, state: payload_lib.Payload) -> files_lib.Tree:
        """Return the lookup files; that of a lost text stays as it is."""
        tree = dict(lookups.tree(state, self._paths))
        for collection, bucket in self._store.damaged(state):
            if collection == lookups.COLLECTION:
                del tree[self._paths.accounts(bucket)]
        return tree

    def _candidate(
        self, state: payload_lib.Payload, private: paths_lib.DovecotPaths
    ) -> files_lib.Tree:
        """Return the configuration for a trial, with no account yet."""
        layout, own = self._layout, tls_pairs.own_names(state.spec)
        if self._keeper.of(state).default(*own) is None:
            # Those in service may be of other names, or not be there yet.
            layout = dataclasses.replace(layout, tls_dir=private.directory + "/made")
            certificate.ensure(layout, own, _now())
        nobody = lookups.file({})
        return {
            **self._configuration(state, private, layout),
            **{
                private.accounts(bucket): files_lib.Recipe.of(nobody)
                for bucket in lookups.BUCKETS
            },
        }

    def _conf_changes(self, state: payload_lib.Payload) -> bool:
        path = self._paths.conf
        try:
            tree = self._configuration(state, self._paths, self._layout)
        except service.NotYet:
            return True
        return not self._inventory.is_in_place(path, tree[path])

    def _make_certificate(self, state: payload_lib.Payload) -> None:
        """Make sure of the certificate that is shown where the platform gave none."""
        own = tls_pairs.own_names(state.spec)
        if not self._certificate.is_good(own, _now()):
            certificate.ensure(self._layout, own, _now())

    def _make_directories(self) -> None:
        layout, paths = self._layout, self._paths
        uid, gid = layout.uid(paths_lib.USER), layout.gid(paths_lib.USER)
        for path in _directories(paths):
            on_disk = layout.disk(path)
            files_lib.make_directory(on_disk, _DIRECTORY_MODE)
            if on_disk.stat().st_gid != gid:
                os.chown(on_disk, -1, gid)
        # A new data disk comes without it, or with somebody else as its owner.
        store = layout.disk(paths.store_dir)
        files_lib.make_directory(store, _STORE_MODE)
        if store.stat().st_uid != uid:
            os.chown(store, uid, gid)

    def _strays(self, state: payload_lib.Payload) -> list[str]:
        made = self._configuration(state, self._paths, self._layout)
        whole = {*made, *lookups.tree(state, self._paths), *_directories(self._paths)}
        expected = files_lib.with_parents(whole)
        return files_lib.strays(self._layout, [self._paths.directory], expected)

    def _remove_strays(self, state: payload_lib.Payload) -> None:
        for path in self._strays(state):
            self._inventory.remove(path)

    # --- failing ----------------------------------------------------------------

    def _fail(
        self,
        reason: str,
        before: files_lib.File | None,
        previous: payload_lib.Payload | None,
    ) -> tp.NoReturn:
        """Return to what was in service before.

        Raises:
            Refused: it is in service again.
            Problem: there is nothing to return to.
        """
        text = f"Dovecot does not take the configuration: {reason}"
        if before is None or previous is None:
            raise service.Problem(text)
        conf = self._paths.conf
        tree = {**self.files(previous), conf: files_lib.Recipe.of(before)}
        self._inventory.put(tree, set(tree) - {conf})
        self._inventory.put(tree, [conf])
        self._daemon.restart()
        raise service.Refused(text)


def _directories(paths: paths_lib.DovecotPaths) -> tuple[str, ...]:
    return paths.directory, paths.tls_dir, paths.programs_dir, paths.before_dir


def _names(state: payload_lib.Payload) -> render.HostNames:
    return render.HostNames(state.host, state.domain)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)
