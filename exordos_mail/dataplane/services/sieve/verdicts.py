# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What was found of scripts that do not compile, on the disk.

    {"<uuid>": [<digest>, <error>, <line or null>]}

Of one that compiles there is the binary. So an agent that begins anew compiles nothing
again.
"""

import typing as tp

from exordos_mail.dataplane.engine import files, heads, sieve_scripts
from exordos_mail.dataplane.engine import layout as layout_lib


class Verdict(tp.NamedTuple):
    """What was found of a content; `error` is "" if it compiles."""

    digest: str
    error: str = ""
    line: int | None = None


class Verdicts:
    """The memory of verdicts on contents that do not compile."""

    def __init__(self, layout: layout_lib.Layout) -> None:
        self._layout = layout
        self.path = layout.state_dir + "/sieve-verdicts.json"
        self._known: dict[str, Verdict] | None = None
        self._is_saved = True

    def of(self, script: sieve_scripts.SieveScript) -> Verdict | None:
        """Return the verdict on just this content, if there is one."""
        found = self._loaded().get(script.uuid)
        return found if found is not None and found.digest == script.digest else None

    def note(self, uuid: str, verdict: Verdict) -> None:
        """Remember a verdict on a script."""
        self._loaded()[uuid] = verdict
        self._is_saved = False

    def save(self, uuids: tp.Collection[str]) -> None:
        """Forget all but those of these scripts, and have them on the disk."""
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
