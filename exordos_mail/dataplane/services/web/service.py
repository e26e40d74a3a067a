# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The web server of the node: nginx on 80 and 443, the send service behind it.

An instance without tenants, named domains, certificates and challenges runs none and
has both ports closed. The certificates are the mail server's.
"""

import os
import socket
import time
import typing as tp

from exordos_mail.dataplane.engine import files as files_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import service, tls_pairs, tls_shown
from exordos_mail.dataplane.engine import unit as unit_lib
from exordos_mail.dataplane.services.web import (
    challenges,
    domains,
    doors,
    probe,
    rehearsal,
    render,
)
from exordos_mail.dataplane.services.web import paths as paths_lib

# Seconds until nginx has what it was given, by what it was told to do.
_PATIENCE = {"start": 8.0, "reload": 3.0, "restart": 10.0}
_INTERVAL = 0.02
# A handshake costs more than a question, and tells what a question does not.
_HANDSHAKES = 60.0
_PROVED = 8
_DIRECTORY_MODE = 0o750
# What it shows besides the send API and the domains.
_OWN = ("certificates", "challenges")
_TO_GO = "the web server is still to be removed"
_monotonic = time.monotonic


class Web(service.Service):
    """nginx. An instance with tenants or with domains has it."""

    name = "web"
    # The certificate is of the one, the socket behind it is of the other.
    needs = ("exim", "send")
    reads = (*domains.COLLECTIONS, *_OWN)

    def __init__(self, tools: service.Tools) -> None:
        self._layout = tools.layout
        # Nobody waits for it, not even for its stop.
        self._unit = tools.unit(self.name, paths_lib.UNIT, wait=False)
        self._inventory = tools.inventory
        self._fetcher = tools.fetcher
        paths = paths_lib.Paths()
        self._paths = paths if socket.has_dualstack_ipv6() else paths.without_ipv6()
        #: Until when what was ordered may take, by revision and verb.
        self._ordered: dict[tuple[str, str], float] = {}
        self._known: tuple[tp.Hashable, files_lib.Tree] = None, {}
        self._shown: tuple[tuple[str, str], float] = (("", ""), 0.0)
        self._keeper = tls_pairs.Keeper(tools.layout)

    def wanted(self, state: payload_lib.Payload) -> bool:
        """Return whether there is anything to show."""
        shown = (domains.DOMAINS, *_OWN)
        return self._sends(state) or any(state.digests(one) for one in shown)

    def part(self, state: payload_lib.Payload) -> tp.Hashable:
        """Return what is shown; None: there is no server."""
        if not self.wanted(state):
            return None
        own = tuple(tuple(state.digests(one).items()) for one in _OWN)
        return self._sends(state), _names(state), own

    def files(self, state: payload_lib.Payload) -> files_lib.Tree:
        """Return the configuration with its certificate, and the domains."""
        return {**self._tree(state, self._paths), **self._domains(state)}

    def rehearse(self, state: payload_lib.Payload) -> None:
        """Have nginx judge the configuration, if it is not the one in place."""
        conf = self._paths.conf
        if self._inventory.is_in_place(conf, self.files(state)[conf]):
            return
        private = self._paths.rehearsal()
        rehearsal.rehearse(self._tree(state, private), private, self._layout)

    def prepare(self, state: payload_lib.Payload) -> None:
        """See Service."""
        self._make_directories()
        self.rehearse(state)
        self._put(self.files(state))

    def bring(
        self, state: payload_lib.Payload, previous: payload_lib.Payload | None
    ) -> None:
        """See Service; the old configuration comes back if nginx does not take it."""
        self._make_directories()
        tree, before = self.files(state), self._in_service()
        self._put(tree)
        wanted = render.revision(tree[self._paths.conf].make())
        reason = self._take(wanted)
        if not reason:
            return
        if before is None or render.revision(before) == wanted:
            raise service.Problem(reason, lambda: self._lacks(wanted) == "")
        recipe = files_lib.Recipe.of(before)
        self._inventory.put({self._paths.conf: recipe}, [self._paths.conf])
        self._unit.restart()
        raise service.Refused(reason)

    def health(self, state: payload_lib.Payload) -> service.Health:
        """Return what nginx tells and shows."""
        if not self.wanted(state):
            return service.Health(problem=_TO_GO if self._is_there else "")
        tree = self.files(state)
        for path, recipe in tree.items():
            if not self._inventory.is_in_place(path, recipe):
                return service.Health(problem=f"{path} is not as it should be")
        for path in self._strays(tree):
            return service.Health(problem=f"{path} does not belong there")
        wanted = render.revision(tree[self._paths.conf].make())
        problem = self._lacks(wanted) or self._hides(state, wanted)
        return service.Health(problem=problem)

    def doors(self, state: payload_lib.Payload) -> tuple[service.Door, ...]:
        """See Service."""
        return doors.doors(state.host or state.domain)

    def retire(self, seconds: float) -> bool:
        """Stop nginx and remove its files."""
        if not self._is_there:
            return False
        self._ordered.clear()
        disk, paths = self._layout.disk, self._paths
        if disk(paths.run_dir).exists():
            self._unit.stop()
            end = _monotonic() + seconds
            # systemd removes it after the last of nginx's processes.
            while disk(paths.run_dir).exists():
                self._sleep("the web server is stopping", end)
        for directory in (paths.cache_dir, paths.data_dir):
            files_lib.clear(disk(directory))
        # Last: as long as it is there, the service counts as there.
        files_lib.remove_tree(disk(paths.directory))
        return True

    def _sends(self, state: payload_lib.Payload) -> bool:
        """Return whether the send service is behind it; unknown: if it has been."""
        if not state.knows("tenants"):
            path = self._layout.disk(self._layout.send_dir)
            return files_lib.signature(path) is not None
        return bool(state.digests("tenants"))

    # --- files ------------------------------------------------------------------

    @property
    def _is_there(self) -> bool:
        return files_lib.signature(self._layout.disk(self._paths.directory)) is not None

    def _tree(
        self, state: payload_lib.Payload, paths: paths_lib.Paths
    ) -> files_lib.Tree:
        made = challenges.files(state, paths)
        sites = []
        for shown in self._certificates(state):
            site = render.Site(shown.names, shown.digest)
            made[site.certificate(paths)] = render.file(shown.chain)
            made[site.key(paths)] = render.secret(shown.key)
            sites.append(site)
        layout, names = self._layout, _own_names(state)
        send = layout.send_http_socket if self._sends(state) else ""
        made |= render.configuration(tuple(sites), names, send, paths)
        return {path: files_lib.Recipe.of(file) for path, file in made.items()}

    def _certificates(self, state: payload_lib.Payload) -> list[tls_shown.Shown]:
        layout = self._layout

        def made_here() -> tuple[bytes, bytes]:
            return self._read(layout.certificate), self._read(layout.certificate_key)

        choice, own = self._keeper.of(state), tls_pairs.own_names(state.spec)
        return tls_shown.shown(choice, own, made_here)

    def _domains(self, state: payload_lib.Payload) -> files_lib.Tree:
        """Return the files of the domains; those of the last state are remembered."""
        names = _names(state)
        if self._known[0] != names:
            self._known = names, domains.tree(domains.served(state), self._paths)
        return self._known[1]

    def _read(self, path: str) -> bytes:
        try:
            return self._layout.disk(path).read_bytes()
        except FileNotFoundError:
            raise service.NotYet(f"the web server waits for {path}") from None

    def _make_directories(self) -> None:
        layout, paths = self._layout, self._paths
        gid = layout.gid(paths_lib.USER)
        for path in (paths.directory, paths.tls_dir, paths.data_dir, paths.challenges):
            on_disk = layout.disk(path)
            files_lib.make_directory(on_disk, _DIRECTORY_MODE)
            if on_disk.stat().st_gid != gid:
                os.chown(on_disk, -1, gid)

    def _put(self, tree: files_lib.Tree) -> None:
        conf = self._paths.conf
        self._inventory.put(tree, set(tree) - {conf})
        self._inventory.put(tree, [conf])
        for path in self._strays(tree):
            self._inventory.remove(path)

    def _strays(self, tree: files_lib.Tree) -> list[str]:
        paths, expected = self._paths, files_lib.with_parents(tree)
        directories = [paths.directory, paths.domains, paths.policies, paths.challenges]
        return files_lib.strays(self._layout, directories, expected)

    # --- the running nginx ------------------------------------------------------

    def _running(self) -> str:
        disk, paths = self._layout.disk, self._paths
        # While it waits for a port, its other sockets are there and silent.
        if not disk(paths.pid_file).exists():
            raise probe.NginxSilent(probe.AWAY)
        return probe.revision(disk(paths.status))

    def _in_service(self) -> files_lib.File | None:
        """Return the configuration on the disk if nginx is known to run it."""
        try:
            conf = render.file(self._layout.disk(self._paths.conf).read_bytes())
            return conf if render.revision(conf) == self._running() else None
        except (OSError, probe.NginxSilent):
            return None

    def _lacks(self, wanted: str) -> str:
        """Return why nginx does not have a configuration, or ""."""
        try:
            running = self._running()
        except probe.NginxSilent as exc:
            return str(exc)
        return "" if running == wanted else "nginx runs another configuration"

    def _hides(self, state: payload_lib.Payload, wanted: str) -> str:
        """Return why clients do not see the certificates in place, or ""."""
        known, until = self._shown
        if known == (state.domain, wanted) and _monotonic() < until:
            return ""
        # One reload takes all of them: the usual one and some others prove it.
        for one in self._certificates(state)[:_PROVED]:
            try:
                found = probe.certificate(paths_lib.HTTPS_PORT, one.names[0])
            except probe.NginxSilent as exc:
                return str(exc)
            if found != one.leaf:
                return f"nginx shows another certificate for {one.names[0]}"
        self._shown = (state.domain, wanted), _monotonic() + _HANDSHAKES
        return ""

    def _take(self, wanted: str) -> str:
        """Have nginx take the configuration; return why it does not, or ""."""
        reason = self._lacks(wanted)
        if not reason:
            self._ordered.clear()
            return ""
        for verb in ("start",) if reason == probe.AWAY else ("reload", "restart"):
            reason = self._ordered_and_taken(verb, wanted)
            if not reason:
                break
        self._ordered.clear()
        return self._explained(reason) if reason else ""

    def _ordered_and_taken(self, verb: str, wanted: str) -> str:
        """Order something once, and wait for the configuration to be in service.

        Raises:
            NotYet: the pass has other work to do; the next one waits on.
        """
        if (wanted, verb) not in self._ordered:
            try:
                getattr(self._unit, verb)()
            except unit_lib.ServiceError as exc:
                return str(exc)
            self._ordered[wanted, verb] = _monotonic() + _PATIENCE[verb]
        while reason := self._lacks(wanted):
            if _monotonic() > self._ordered[wanted, verb]:
                return reason
            self._sleep("the web server is starting")
        return ""

    def _explained(self, reason: str) -> str:
        port = paths_lib.HTTPS_PORT
        if reason == probe.AWAY and probe.is_taken(port):
            return f"{reason}: something else listens on port {port}"
        return reason

    def _sleep(self, what: str, end: float = float("inf")) -> None:
        if self._fetcher.is_rung or _monotonic() > end:
            raise service.NotYet(what)
        time.sleep(_INTERVAL)


def _names(state: payload_lib.Payload) -> tp.Hashable:
    """Return what the names and policies of a state depend on."""
    told = [tuple(state.digests(one).items()) for one in domains.COLLECTIONS]
    return state.host, _own_names(state), *told


def _own_names(state: payload_lib.Payload) -> render.Names:
    # A control plane that tells no host's name has the domain for one.
    has_mailboxes = state.spec.mailboxes is not None
    return render.Names(state.host, state.domain, has_mailboxes)
