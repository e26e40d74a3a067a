# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What was found of scripts that are not in service, on the disk.

    {"<uuid>": [<digest>, <error>, <line or null>]}

A script in service needs none. So an agent that begins anew compiles nothing again.
"""

import typing as tp

from exordos_mail.dataplane.engine import files, heads, sieve_scripts
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.sieve import compiler

_GOOD = ""


class Verdict(tp.NamedTuple):
    """What was found of a content; `error` is "" if it compiles."""

    digest: str
    error: str = _GOOD
    line: int | None = None

    @classmethod
    def of(
        cls, script: sieve_scripts.SieveScript, fault: compiler.Fault | None
    ) -> "Verdict":
        """Return the verdict on a script."""
        return cls(script.digest, *((fault.error, fault.line) if fault else ()))

    def as_fact(self) -> dict[str, tp.Any]:
        """Return what the control plane is told."""
        return self._asdict()


class Verdicts:
    """The memory of verdicts."""

    def __init__(self, layout: layout_lib.Layout) -> None:
        self._layout = layout
        self.path = layout.state_dir + "/sieve-verdicts.json"
        self._known: dict[str, Verdict] | None = None
        self._is_saved = True

    def of(self, script: sieve_scripts.SieveScript) -> Verdict | None:
        """Return the verdict on just this content, if there is one."""
        found = self._loaded().get(script.uuid)
        return found if found is not None and found.digest == script.digest else None

    def note(self, script: sieve_scripts.SieveScript, verdict: Verdict) -> None:
        """Remember a verdict, until `save` without it."""
        self._loaded()[script.uuid] = verdict
        self._is_saved = False

    def save(self, uuids: tp.Collection[str]) -> None:
        """Forget all but these, and have them on the disk."""
        known = self._loaded()
        for uuid in known.keys() - uuids:
            del known[uuid]
            self._is_saved = False
        if not self._is_saved:
            heads.make_directory(self._layout)
            files.write(self._layout, self.path, heads.json_file(known))
            self._is_saved = True

    def clear(self) -> None:
        """Forget everything."""
        files.remove(self._layout.disk(self.path))
        self._known, self._is_saved = {}, True

    def _loaded(self) -> dict[str, Verdict]:
        if self._known is None:
            found = heads.load_json(self._layout, self.path)
            try:
                self._known = {uuid: Verdict(*one) for uuid, one in found.items()}
            except (AttributeError, TypeError):  # none, or damaged
                self._known = {}
        return self._known
