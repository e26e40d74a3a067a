# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The resolver of the node: unbound on the loopback, which validates (DNSSEC).

exim is given it (resolv.conf) when it has proved the root for the first time, and keeps
it from then on. A node whose network hands no DNSSEC on goes on with the platform's
name servers, and nobody can have exim go back to them by disturbing the DNS.
"""

import logging
import os
import time
import typing as tp

from exordos_mail.dataplane.engine import door, service
from exordos_mail.dataplane.engine import files as files_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.dataplane.engine import unit as unit_lib
from exordos_mail.dataplane.services.resolver import ask, rehearsal, render
from exordos_mail.dataplane.services.resolver import paths as paths_lib

LOG = logging.getLogger(__name__)

_START = 5.0  # seconds until it answers
# The first proof is a dozen questions to far servers; exim starts without it.
_PROOF = 3.0
_INTERVAL = 0.02
_NEXT_LOOK = 10.0  # seconds between two tries of the proof
_DIRECTORY_MODE = 0o755  # exim reads resolv.conf in there
_BLIND = (
    "the resolver cannot prove the DNS root: the servers that it asks are away, or do "
    "not hand DNSSEC records on"
)
_monotonic = time.monotonic


class Resolver(service.Service):
    """unbound. An instance whose settings tell of a resolver has it."""

    name = "resolver"

    def __init__(self, tools: service.Tools) -> None:
        self._layout = tools.layout
        self._unit = tools.unit(self.name, paths_lib.UNIT)
        self._inventory = tools.inventory
        self._paths = paths_lib.ResolverPaths()
        self._is_wanted = False
        self._next_look = self._next_proof = 0.0

    def wanted(self, state: payload_lib.Payload) -> bool:
        """Return whether the operator has nodes have one."""
        return state.spec.resolver is not None

    def part(self, state: payload_lib.Payload) -> tp.Hashable:
        """Return whom it asks, and what it believes; None: there is none."""
        return state.spec.resolver

    def files(self, state: payload_lib.Payload) -> files_lib.Tree:
        """Return the configuration; resolv.conf comes with the first proof."""
        return {self._paths.conf: files_lib.Recipe.of(self._conf(state))}

    def rehearse(self, state: payload_lib.Payload) -> None:
        """Have the configuration judged, if it is not the one in place."""
        path = self._paths.conf
        if not self._inventory.is_in_place(path, self.files(state)[path]):
            conf = self._conf(state, self._paths.rehearsal())
            rehearsal.rehearse(conf, self._paths, self._layout)

    def prepare(self, state: payload_lib.Payload) -> None:
        """See Service."""
        self._make_directory()
        self.rehearse(state)
        tree = self.files(state)
        self._inventory.put(tree, tree)

    def bring(
        self, state: payload_lib.Payload, previous: payload_lib.Payload | None
    ) -> None:
        """See Service; the old configuration comes back if unbound does not take it."""
        self._make_directory()
        tree, before = self.files(state), self._in_service()
        self._inventory.put(tree, tree)
        self._remove_strays(tree)
        reason = self._take(render.revision(self._conf(state)))
        if reason and before is not None:
            recipe = files_lib.Recipe.of(before)
            self._inventory.put({self._paths.conf: recipe}, tree)
            self._unit.restart()
            raise service.Refused(reason)
        if reason:
            raise service.Problem(reason)
        end = _monotonic() + _PROOF
        while not self._is_proved() and _monotonic() < end:
            time.sleep(_INTERVAL)

    def health(self, state: payload_lib.Payload) -> service.Health:
        """Return whether unbound runs the configuration."""
        self._is_wanted = self.wanted(state)
        if not self._is_wanted:
            left = "the resolver is still to be removed" if self._is_there else ""
            return service.Health(problem=left)
        tree = self.files(state)
        for path, recipe in tree.items():
            if not self._inventory.is_in_place(path, recipe):
                return service.Health(problem=f"{path} is not as it should be")
        for path in self._strays(tree):
            return service.Health(problem=f"{path} does not belong there")
        problem = self._lacks(render.revision(self._conf(state)))
        return service.Health(problem=problem, lack="" if problem else self._blind())

    def doors(self, state: payload_lib.Payload) -> tuple[service.Door, ...]:
        """See Service."""
        given = self._layout.disk(self._layout.resolv_conf)

        def look() -> str:
            ask.revision(door.SECONDS)
            # exim asks nobody else once it has it.
            is_blind = given.exists() and not ask.proves_root(door.SECONDS)
            return _BLIND if is_blind else ""

        return (service.Door("DNS", look, port=paths_lib.PORT),)

    def retire(self, seconds: float) -> bool:
        """Stop unbound and remove its files; exim goes back to the platform's."""
        self._is_wanted = False
        if not self._is_there:
            return False
        files_lib.remove(self._layout.disk(self._layout.resolv_conf))
        self._unit.stop()
        files_lib.remove_tree(self._layout.disk(self._paths.directory))
        return True

    def attend(self) -> None:
        """Look whether the root can be proved by now."""
        if not self._is_wanted or _monotonic() < self._next_look:
            return
        self._next_look = _monotonic() + _NEXT_LOOK
        if not self._is_proved():
            LOG.warning("%s, so exim knows no DANE", _BLIND)

    # --- files ------------------------------------------------------------------

    @property
    def _is_there(self) -> bool:
        return files_lib.signature(self._layout.disk(self._paths.directory)) is not None

    def _conf(
        self,
        state: payload_lib.Payload,
        paths: paths_lib.ResolverPaths | None = None,
    ) -> files_lib.File:
        told = state.spec.resolver or spec_lib.ResolverSettings()
        return render.configuration(told, paths or self._paths)

    def _make_directory(self) -> None:
        on_disk = self._layout.disk(self._paths.directory)
        files_lib.make_directory(on_disk, _DIRECTORY_MODE)
        os.chmod(on_disk, _DIRECTORY_MODE)

    def _strays(self, tree: files_lib.Tree) -> list[str]:
        expected = files_lib.with_parents({**tree, self._layout.resolv_conf: None})
        return files_lib.strays(self._layout, [self._paths.directory], expected)

    def _remove_strays(self, tree: files_lib.Tree) -> None:
        for path in self._strays(tree):
            self._inventory.remove(path)

    # --- the running unbound ----------------------------------------------------

    def _lacks(self, wanted: str) -> str:
        """Return why unbound does not have a configuration, or ""."""
        try:
            running = ask.revision()
        except ask.ResolverSilent as exc:
            return str(exc)
        return "" if running == wanted else "the resolver runs another configuration"

    def _in_service(self) -> files_lib.File | None:
        """Return the configuration on the disk if unbound is known to run it."""
        try:
            conf = render.file(self._layout.disk(self._paths.conf).read_bytes())
            return conf if render.revision(conf) == ask.revision() else None
        except (OSError, ask.ResolverSilent):
            return None

    def _take(self, wanted: str) -> str:
        """Have unbound take the configuration; return why it does not, or ""."""
        if not self._lacks(wanted):
            return ""
        self._next_proof = 0.0
        try:
            self._unit.restart()
        except unit_lib.ServiceError as exc:
            return str(exc)
        end = _monotonic() + _START
        while (reason := self._lacks(wanted)) and _monotonic() < end:
            time.sleep(_INTERVAL)
        return reason

    def _blind(self) -> str:
        """Return why exim, which has nobody else to ask, can send nothing; or ""."""
        is_given = self._layout.disk(self._layout.resolv_conf).exists()
        if not is_given or _monotonic() < self._next_proof:
            return ""
        if not ask.proves_root():
            return _BLIND
        self._next_proof = _monotonic() + _NEXT_LOOK
        return ""

    def _is_proved(self) -> bool:
        """Return whether exim has the resolver; give it to it after the first proof."""
        path = self._layout.resolv_conf
        recipe = files_lib.Recipe.of(render.RESOLV_CONF)
        if self._inventory.is_in_place(path, recipe):
            return True
        is_known = files_lib.signature(self._layout.disk(path)) is not None
        if not (is_known or ask.proves_root()):
            return False
        self._inventory.put({path: recipe}, [path])
        return True
