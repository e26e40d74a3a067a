# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What remote hosts have got, judged as soon as it is there, and once more later."""

import email
import pathlib
import re
import threading
import time
import typing as tp

from tests.rotation import judges

Selectors = frozenset[str]
_SELECTOR = re.compile(r"\bs=\s*([^;\s]+)")


class Jury:
    """Judges each message of some Maildirs, in a thread of its own.

    Args:
        bench: the judges.
        boxes: directories `new` of Maildirs.
        domain: whose signatures are looked at.

    Attributes:
        count: messages that were judged.
        numbers: of these messages, as the sender counted.
        wrong: what a judge did not find good, with the message's number.
        kept: of each set of keys that has signed, one message.
    """

    def __init__(
        self, bench: judges.Bench, boxes: tp.Sequence[pathlib.Path], domain: str
    ) -> None:
        self.count = 0
        self.numbers: set[str] = set()
        self.wrong: list[str] = []
        self.kept: dict[Selectors, pathlib.Path] = {}
        self._bench, self._boxes, self._domain = bench, boxes, domain
        # What other runs have left is not ours.
        self._seen = {path for box in boxes for path in box.glob("*")}
        self._first_missing = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Jury":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(60)

    def has(self, count: int) -> bool:
        """Tell whether the first so many messages have all been judged."""
        while str(self._first_missing) in self.numbers:
            self._first_missing += 1
        return self._first_missing >= count

    def again(self, path: pathlib.Path, when: str) -> None:
        """Judge a message that has been judged before."""
        self._note(when, signed_by(path, self._domain), self._bench.judge(path))

    def _run(self) -> None:
        while not self._ended.wait(0.05):
            for box in self._boxes:
                for path in sorted(box.glob("*")):
                    if path not in self._seen:
                        self._seen.add(path)
                        self._first(path)

    def _first(self, path: pathlib.Path) -> None:
        keys = signed_by(path, self._domain)
        message = email.message_from_bytes(path.read_bytes())
        number = str(message["Subject"]).split()[1]
        try:
            self._note(f"message {number}", keys, self._bench.judge(path))
        except Exception as error:
            self.wrong.append(f"message {number}: {type(error).__name__}: {error}")
        self.numbers.add(number)
        self.kept.setdefault(keys, path)
        self.count += 1

    def _note(
        self, what: str, keys: Selectors, found: dict[str, judges.Findings]
    ) -> None:
        if len(keys) != 2:
            self.wrong.append(f"{what}: signed by {sorted(keys)}, not by two keys")
        for name, said in found.items():
            bad = {one: said.get(one, "not found") for one in keys}
            bad = {one: why for one, why in bad.items() if why != judges.PASS}
            if bad:
                moment = time.strftime("%H:%M:%S")
                self.wrong.append(f"{moment} {what}: {name}: {bad}")


def signed_by(path: pathlib.Path, domain: str) -> Selectors:
    """Return the selectors of a domain's signatures in a message."""
    message = email.message_from_bytes(path.read_bytes())
    signatures = message.get_all("DKIM-Signature", [])
    own = [
        one for one in signatures if re.search(rf"\bd=\s*{re.escape(domain)}\b", one)
    ]
    return frozenset(found[1] for one in own if (found := _SELECTOR.search(one)))
