# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""exim on the node: its files, its rehearsal, and how it gets a state."""

import contextlib
import typing as tp

from exordos_mail import constants as c
from exordos_mail.dataplane.engine import certificate, service, tls_pairs
from exordos_mail.dataplane.engine import files as files_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.services.exim import (
    apply,
    daemon,
    doors,
    former,
    lockout,
    managed,
    observe,
    outbound,
    passwd,
    rehearsal,
    render,
    srs,
    strangers,
)


class Exim(service.Service):
    """The mail server. Every instance has it."""

    name = "exim"
    # It asks that one, from its start on.
    needs = ("resolver",)
    reads = ("accounts", "aliases", "certificates", "domains", "dkim_keys", "outbound")

    def __init__(self, tools: service.Tools) -> None:
        self._layout = layout = tools.layout
        self._store = tools.store
        self._inventory = tools.inventory
        self._daemon = daemon.Daemon(layout, tools.unit(self.name, c.EXIM4_UNIT))
        self._certificate = certificate.Watch(layout)
        self._managed = managed.Maker(layout, tools.store)
        self._passwd = passwd.Passwd(layout, tools.inventory)
        self._state: payload_lib.Payload | None = None
        self._observer = observe.Observer(
            layout,
            self._daemon,
            self._inventory,
            self._certificate,
            self._managed,
            self._passwd,
        )
        self._strangers = strangers.Strangers(layout)

    def wanted(self, state: payload_lib.Payload) -> bool:
        """Return True."""
        return True

    def part(self, state: payload_lib.Payload) -> tp.Hashable:
        """Return all but which tenants there are."""
        own = tuple(tuple(state.digests(name).items()) for name in self.reads)
        has_keys = "dkim_keys" in state.collections
        return state.spec, own, has_keys, bool(state.digests("tenants"))

    def files(self, state: payload_lib.Payload) -> files_lib.Tree:
        """Return the configuration and the lookup files."""
        return self._managed.of(state).tree

    def rehearse(self, state: payload_lib.Payload) -> None:
        """Run the configuration in private, if it is another one than that in place."""
        if self._conf_changes(state):
            rehearsal.rehearse(state.spec, self._layout)

    def prepare(self, state: payload_lib.Payload) -> None:
        """See Service."""
        layout = self._layout
        apply.ensure_directories(layout)
        certificate.ensure(layout, tls_pairs.own_names(state.spec), observe.now())
        srs.ensure(layout)
        former.note(layout, self._inventory, self.files(state), state)
        tree, expected, *_ = self._managed.of(state)
        self._inventory.put(tree, set(tree) - {layout.exim_conf})
        # No session has outlived the boot.
        lockout.clear(layout)
        apply.remove_strays(layout, self._inventory, expected)
        self.rehearse(state)
        self._inventory.put(tree, [layout.exim_conf])

    def bring(
        self, state: payload_lib.Payload, previous: payload_lib.Payload | None
    ) -> None:
        """See Service; the old configuration comes back if exim does not take it."""
        layout = self._layout
        apply.ensure_directories(layout)
        if not self._certificate.is_good(
            tls_pairs.own_names(state.spec), observe.now()
        ):
            certificate.ensure(layout, tls_pairs.own_names(state.spec), observe.now())
        srs.ensure(layout)
        former.note(layout, self._inventory, self.files(state), state)
        tree, expected, revision, *_ = self._managed.of(state)
        late = {layout.exim_conf, layout.passwd}
        lockout.note(layout, self._inventory, tree, state)
        path = layout.outbound_cdb
        turns = path in tree and not self._inventory.is_in_place(path, tree[path])
        self._inventory.put(tree, set(tree) - late)
        if turns:
            outbound.forget_failures(layout)
        lockout.carry_out(layout)
        self._take(state, previous, revision)
        self._inventory.put(tree, (late - {layout.passwd}) & set(tree))
        self._write_passwd(state)
        apply.remove_strays(layout, self._inventory, expected)

    def health(self, state: payload_lib.Payload) -> service.Health:
        """Return what exim announces, and whether its files are in place."""
        self._state = state
        return self._observer.health(state)

    def doors(self, state: payload_lib.Payload) -> tuple[service.Door, ...]:
        """See Service."""
        return doors.doors(self._layout)

    def retire(self, seconds: float) -> bool:
        """Stop exim with its sessions and deliveries; its files go in any case."""
        self._state = None
        try:
            self._daemon.stop()
        finally:
            apply.remove_everything(self._layout)
        return True

    def attend(self) -> None:
        """End the connections that do not log in in time; write what was late."""
        with contextlib.suppress(OSError):  # the next look tries again
            self._strangers.end()
        if self._state is not None and self._passwd.is_late:
            self._write_passwd(self._state)

    def _write_passwd(self, state: payload_lib.Payload) -> None:
        """Write the text file of all accounts, unless it may wait."""
        path, tree = self._layout.passwd, self._managed.of(state).tree
        if path in tree and not self._passwd.may_wait(tree[path]):
            self._inventory.put(tree, [path])

    def _conf_changes(self, state: payload_lib.Payload) -> bool:
        conf = render.render_conf(state.spec, self._layout)
        path = self._layout.exim_conf
        return not self._inventory.is_in_place(path, files_lib.Recipe.of(conf))

    def _take(
        self,
        state: payload_lib.Payload,
        previous: payload_lib.Payload | None,
        revision: str,
    ) -> None:
        """Have the running exim take the configuration.

        Raises:
            Refused: it did not; what it had is in service again.
            Problem: it did not, and there is nothing to return to.
        """
        path, before = self._layout.exim_conf, None
        if self._conf_changes(state):
            before = self._daemon.conf_in_service()
            self._inventory.put(self._managed.of(state).tree, [path])
        reason = self._daemon.bring(revision)
        if reason is None:
            return
        text = f"exim does not take the configuration: {reason}"
        if before is None or previous is None:
            raise service.Problem(text)
        self._roll_back(previous, before)
        raise service.Refused(text)

    def _roll_back(self, previous: payload_lib.Payload, conf: files_lib.File) -> None:
        """Return to what was in service before."""
        layout = self._layout
        self._store.hold(self.name, previous)
        wanted = self._managed.of(previous)
        tree = {**wanted.tree, layout.exim_conf: files_lib.Recipe.of(conf)}
        certificate.ensure(layout, tls_pairs.own_names(previous.spec), observe.now())
        self._inventory.put(tree, tree)
        apply.remove_strays(layout, self._inventory, wanted.expected)
        self._daemon.restart()
