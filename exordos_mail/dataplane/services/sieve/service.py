# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Sieve scripts of accounts that the control plane keeps (docs/adr/0048).

They are data: Dovecot looks for them when it delivers a message, and runs those of the
account before the owner's own one. A script that does not compile never replaces the
one in service; that is told of the script, and is no failure of the node.
"""

import os
import time
import typing as tp

from exordos_mail.dataplane.engine import files as files_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import service, sieve_scripts
from exordos_mail.dataplane.services.sieve import compiler, paths, verdicts

KIND = "sieve_scripts"
_DIRECTORY_MODE, _MODE = 0o750, 0o640
# A binary counts if it is newer than its script, whatever the clock did: it is put in
# place before its script, and the script is as old as this.
_OLD = 1
# Seconds of a pass for compiling: 0.02 s each.
_SLICE = 2.0
_monotonic = time.monotonic

Script = sieve_scripts.SieveScript


class Sieve(service.Service):
    """The scripts. An instance that keeps mailboxes may have some."""

    name = "sieve"
    reads = (sieve_scripts.COLLECTION,)

    def __init__(self, tools: service.Tools) -> None:
        self._layout = tools.layout
        self._inventory = tools.inventory
        self._observer = tools.observer
        self._verdicts = verdicts.Verdicts(tools.layout)
        self._read: tuple[tp.Hashable, list[Script]] = (None, [])
        self._told: set[str] = set()
        self._troubled: set[str] = set()

    def wanted(self, state: payload_lib.Payload) -> bool:
        """Return whether the instance keeps mailboxes."""
        return state.spec.mailboxes is not None

    def part(self, state: payload_lib.Payload) -> tp.Hashable:
        """Return the scripts; None: no mailboxes."""
        if not self.wanted(state):
            return None
        return tuple(state.digests(sieve_scripts.COLLECTION).items())

    def files(self, state: payload_lib.Payload) -> files_lib.Tree:
        """Return the scripts that run, if they compile."""
        enabled = (one for one in self._scripts(state) if one.enabled)
        return {paths.source(one): _recipe(one) for one in enabled}

    def rehearse(self, state: payload_lib.Payload) -> None:
        """Do nothing: each script is tried on its own."""

    def prepare(self, state: payload_lib.Payload) -> None:
        """Do nothing: those in service have outlived the boot."""

    def bring(
        self, state: payload_lib.Payload, previous: payload_lib.Payload | None
    ) -> None:
        """Compile what is new, and put it in place.

        Raises:
            NotYet: there is more than a pass has time for.
            Problem: nothing can be compiled.
        """
        scripts = self._scripts(state)
        self._remove_strays(scripts)
        lacking = self._lacking(scripts)
        # Those that made trouble before do not keep the others waiting.
        lacking.sort(key=lambda one: one.uuid in self._troubled)
        try:
            problem = self._try_all(lacking)
        finally:
            running = self._running(scripts)
            self._verdicts.save({one.uuid for one in scripts} - running)
            self._tell(scripts, running)
        if problem is not None:
            raise problem
        if lacking:
            raise service.NotYet(_to_do(lacking))
        self._remove_strays(scripts)

    def health(self, state: payload_lib.Payload) -> service.Health:
        """Return whether all is in place that compiles."""
        if not self.wanted(state):
            left = "Sieve scripts are still to be removed" if self._is_there else ""
            return service.Health(problem=left)
        scripts = self._scripts(state)
        running = self._running(scripts)
        self._tell(scripts, running)
        lacking = self._lacking(scripts, running)
        if lacking:
            return service.Health(problem=_to_do(lacking))
        for path in self._strays(scripts, running):
            return service.Health(problem=f"{path} does not belong there")
        return service.Health()

    def retire(self, seconds: float) -> bool:
        """Remove all scripts."""
        if not self._is_there:
            return False
        self._verdicts.clear()
        self._tell([], ())
        files_lib.remove_tree(self._layout.disk(paths.WORK_DIR))
        files_lib.remove_tree(self._layout.disk(paths.DIRECTORY))
        return True

    # --- scripts ----------------------------------------------------------------

    def _scripts(self, state: payload_lib.Payload) -> list[Script]:
        part = self.part(state)
        if self._read[0] != part:
            found = state.documents(sieve_scripts.COLLECTION)
            self._read = part, sieve_scripts.of(found)
        return self._read[1]

    def _running(self, scripts: tp.Iterable[Script]) -> set[str]:
        """Return the uuids of those that are in service."""
        return {one.uuid for one in scripts if self._runs(one)}

    def _runs(self, script: Script) -> bool:
        return (
            script.enabled
            and self._inventory.is_in_place(paths.source(script), _recipe(script))
            and self._layout.disk(paths.binary(script)).is_file()
        )

    def _lacking(
        self, scripts: tp.Iterable[Script], running: tp.Collection[str] | None = None
    ) -> list[Script]:
        """Return those of which it is not known whether they compile."""
        known = self._running(scripts) if running is None else running
        return [one for one in scripts if self._verdict(one, known) is None]

    def _verdict(
        self, script: Script, running: tp.Collection[str]
    ) -> verdicts.Verdict | None:
        if script.uuid in running:
            return verdicts.Verdict(script.digest)
        found = self._verdicts.of(script)
        # One that compiles and does not run is to run.
        return None if found and script.enabled and not found.error else found

    def _try_all(self, lacking: list[Script]) -> service.Problem | None:
        """Take from the list what there is time for; return what went wrong."""
        end, problem = _monotonic() + _SLICE, None
        while lacking and _monotonic() < end:
            one = lacking.pop(0)
            try:
                self._try(one)
                self._troubled.discard(one.uuid)
            except service.Problem as exc:
                self._troubled.add(one.uuid)
                problem = exc
        return problem

    def _try(self, script: Script) -> None:
        self._make_directory(paths.DIRECTORY)
        found = compiler.compile_script(script, self._layout)
        fault = found if isinstance(found, compiler.Fault) else None
        self._verdicts.note(script, verdicts.Verdict.of(script, fault))
        if script.enabled and not isinstance(found, compiler.Fault):
            self._put(script, found)

    def _put(self, script: Script, binary: bytes) -> None:
        """Put a script into service; the binary is what Pigeonhole runs.

        It comes first: who finds the script finds the binary of it, too.
        """
        self._make_directory(paths.of_account(script))
        made = _file(binary)
        tree = {
            paths.binary(script): files_lib.Recipe.of(made),
            paths.source(script): _recipe(script),
        }
        for path in tree:
            self._inventory.put(tree, [path])

    def _make_directory(self, path: str) -> None:
        on_disk = self._layout.disk(path)
        files_lib.make_directory(on_disk, _DIRECTORY_MODE)
        gid = self._layout.gid(paths.GROUP)
        if on_disk.stat().st_gid != gid:
            os.chown(on_disk, -1, gid)

    def _tell(self, scripts: tp.Iterable[Script], running: tp.Collection[str]) -> None:
        """Tell the control plane what is known of scripts."""
        found = {one.uuid: self._verdict(one, running) for one in scripts}
        facts = {uuid: one.as_fact() for uuid, one in found.items() if one is not None}
        gone = dict.fromkeys(self._told - found.keys())
        self._observer.show(KIND, {**gone, **facts})
        self._told = set(found)

    # --- files ------------------------------------------------------------------

    @property
    def _is_there(self) -> bool:
        return files_lib.signature(self._layout.disk(paths.DIRECTORY)) is not None

    def _strays(
        self, scripts: tp.Iterable[Script], running: tp.Collection[str]
    ) -> list[str]:
        """Return what does not belong there.

        Until a script runs, what it was before stays, under whatever name.
        """
        enabled = [one for one in scripts if one.enabled]
        expected = files_lib.with_parents(
            path for one in enabled for path in (paths.source(one), paths.binary(one))
        )
        waiting = {
            (one.account, one.uuid) for one in enabled if one.uuid not in running
        }
        strays = files_lib.strays(self._layout, [paths.DIRECTORY], expected)
        return [path for path in strays if paths.owner(path) not in waiting]

    def _remove_strays(self, scripts: tp.Iterable[Script]) -> None:
        for path in self._strays(scripts, self._running(scripts)):
            self._inventory.remove(path)


def _recipe(script: Script) -> files_lib.Recipe:
    return files_lib.Recipe(
        script.digest, lambda: _file(script.content.encode(), modified=_OLD)
    )


def _file(content: bytes, modified: int | None = None) -> files_lib.File:
    return files_lib.File(content, group=paths.GROUP, mode=_MODE, modified=modified)


def _to_do(lacking: tp.Sized) -> str:
    return f"{len(lacking)} Sieve scripts are still to be compiled"
