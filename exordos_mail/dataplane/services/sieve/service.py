# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Sieve scripts of accounts that the control plane keeps (docs/adr/0048).

They are data: Dovecot looks for them when it delivers a message, and runs those of the
account before the owner's own one. A script that does not compile never replaces the
one in service; that is told of the script, and is no failure of the node.
"""

import time
import typing as tp

from exordos_mail.dataplane.engine import files as files_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import service, sieve_scripts
from exordos_mail.dataplane.services.sieve import compiler, paths, shelf, verdicts

KIND = "sieve_scripts"
# Seconds of a pass for compiling: 0.02 s each.
_SLICE = 2.0
_monotonic = time.monotonic

Script = sieve_scripts.SieveScript
#: By account.
Lists = dict[str, list[str]]


class Sieve(service.Service):
    """The scripts. An instance that keeps mailboxes may have some."""

    name = "sieve"
    reads = (sieve_scripts.COLLECTION,)

    def __init__(self, tools: service.Tools) -> None:
        self._layout = tools.layout
        self._observer = tools.observer
        self._shelf = shelf.Shelf(tools.layout, tools.inventory)
        self._verdicts = verdicts.Verdicts(tools.layout)
        self._read: tuple[tp.Hashable, list[Script]] = (None, [])
        # Those whose files were looked through.
        self._expected: tp.Iterable[Script] = ()
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

    def bring(
        self, state: payload_lib.Payload, previous: payload_lib.Payload | None
    ) -> None:
        """Compile what is new, and have it run.

        Raises:
            NotYet: there is more than a pass has time for.
            Problem: nothing can be compiled.
        """
        scripts = self._scripts(state)
        found = self._found(scripts)
        lacking = _lacking(scripts, found)
        # Those that made trouble before do not keep the others waiting.
        lacking.sort(key=lambda one: one.uuid in self._troubled)
        try:
            problem = self._try_all(lacking)
        finally:
            self._verdicts.save({one.uuid for one in scripts})
            found = self._found(scripts)
            for account, entries in self._differing(scripts, found).items():
                self._shelf.write_list(account, entries)
            self._expect(scripts, found)
            self._tell(found)
        if problem is not None:
            raise problem
        if lacking:
            raise service.NotYet(_to_do(lacking))

    def health(self, state: payload_lib.Payload) -> service.Health:
        """Return whether all runs that compiles."""
        if not self.wanted(state):
            left = "Sieve scripts are still to be removed" if self._is_there else ""
            return service.Health(problem=left)
        scripts = self._scripts(state)
        found = self._found(scripts)
        self._tell(found)
        lacking = _lacking(scripts, found)
        if lacking:
            return service.Health(problem=_to_do(lacking))
        for account in self._differing(scripts, found):
            problem = f"{paths.listed(account)} is not as it should be"
            return service.Health(problem=problem)
        if self._expected is not scripts:
            self._expect(scripts, found)
        return service.Health()

    def retire(self, seconds: float) -> bool:
        """Remove all scripts."""
        if not self._is_there:
            return False
        self._verdicts.clear()
        self._tell({})
        files_lib.remove_tree(self._layout.disk(paths.WORK_DIR))
        files_lib.remove_tree(self._layout.disk(paths.DIRECTORY))
        return True

    def attend(self) -> None:
        """Remove what has not run for a while."""
        self._shelf.sweep()

    # --- verdicts -----------------------------------------------------------------

    def _scripts(self, state: payload_lib.Payload) -> list[Script]:
        """Return all scripts, in the order in which those of an account run."""
        part = self.part(state)
        if self._read[0] != part:
            found = sieve_scripts.of(state.documents(sieve_scripts.COLLECTION))
            found.sort(key=lambda one: one.name.encode())
            self._read = part, found
        return self._read[1]

    def _found(self, scripts: tp.Iterable[Script]) -> dict[str, verdicts.Verdict]:
        """Return what is known of these contents, by the scripts' uuids."""
        found = {one.uuid: self._verdict(one) for one in scripts}
        return {uuid: one for uuid, one in found.items() if one is not None}

    def _verdict(self, script: Script) -> verdicts.Verdict | None:
        if self._shelf.has(script):
            return verdicts.Verdict(script.digest)
        return self._verdicts.of(script)

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
        self._shelf.prepare(script.account)
        source = paths.source(script.account, paths.entry(script))
        found = compiler.compile_script(script.content, source, self._layout)
        if isinstance(found, compiler.ScriptFault):
            verdict = verdicts.Verdict(script.digest, found.error, found.line)
            self._verdicts.note(script.uuid, verdict)
        else:
            self._shelf.put(script, found)

    def _tell(self, found: tp.Mapping[str, verdicts.Verdict]) -> None:
        """Tell the control plane what is known of scripts."""
        gone = dict.fromkeys(self._told - found.keys())
        facts = {uuid: one._asdict() for uuid, one in found.items()}
        self._observer.show(KIND, {**gone, **facts})
        self._told = set(found)

    # --- files ------------------------------------------------------------------

    @property
    def _is_there(self) -> bool:
        return files_lib.signature(self._layout.disk(paths.DIRECTORY)) is not None

    def _lists(
        self, scripts: tp.Iterable[Script], found: tp.Mapping[str, verdicts.Verdict]
    ) -> Lists:
        """Return what runs: of what does not compile, what it was before."""
        lists: Lists = {account: [] for account in self._shelf.accounts()}
        for one in scripts:
            if not one.enabled:
                continue
            entry: str | None = paths.entry(one)
            verdict = found.get(one.uuid)
            if verdict is None or verdict.error:
                entry = self._former(one)
            if entry is not None:
                lists.setdefault(one.account, []).append(entry)
        return lists

    def _former(self, script: Script) -> str | None:
        """Return the entry of a script that runs now, if one does."""
        for entry in self._shelf.listed(script.account):
            is_its_own = entry.startswith(f"{script.uuid}-")
            if is_its_own and self._shelf.has_binary(script.account, entry):
                return entry
        return None

    def _differing(
        self, scripts: tp.Iterable[Script], found: tp.Mapping[str, verdicts.Verdict]
    ) -> Lists:
        """Return the lists that are to be written."""
        lists = self._lists(scripts, found)
        return {
            account: entries
            for account, entries in lists.items()
            if not self._shelf.runs(account, entries)
        }

    def _expect(
        self, scripts: tp.Iterable[Script], found: tp.Mapping[str, verdicts.Verdict]
    ) -> None:
        """Have all files kept that are of use; others are listed by nobody."""
        self._expected = scripts
        kept = [
            (account, entry)
            for account, entries in self._lists(scripts, found).items()
            for entry in entries
        ]
        kept += [(one.account, paths.entry(one)) for one in scripts]
        self._shelf.expect(
            path
            for account, entry in kept
            for path in (
                *(paths.listed(account), paths.source(account, entry)),
                paths.binary(account, entry),
            )
        )


def _lacking(
    scripts: tp.Iterable[Script], found: tp.Mapping[str, verdicts.Verdict]
) -> list[Script]:
    """Return those of which it is not known whether they compile."""
    return [one for one in scripts if one.uuid not in found]


def _to_do(lacking: tp.Sized) -> str:
    return f"{len(lacking)} Sieve scripts are still to be compiled"
