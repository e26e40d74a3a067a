# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A mutation: one fault, written into a copy of the product."""

import dataclasses
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Stale(Exception):
    """The text that a mutation replaces is not there, or more than once."""


@dataclasses.dataclass(frozen=True)
class Mutation:
    """One fault."""

    name: str
    #: The file that it is in, below the root of the repository.
    file: str
    #: The exact text that it replaces; it is once in the file.
    old: str
    new: str
    #: What goes wrong with it.
    breaks: str
    #: The unit tests that must notice it, below tests/unit.
    tests: tuple[str, ...]
    #: A second text and what replaces it, for a fault of two sides.
    also: tuple[str, str] | None = None

    def mutated(self, root: pathlib.Path = ROOT) -> str:
        """Return the whole text of the file, with the fault.

        Raises:
            Stale: the code has changed; the table has to follow.
        """
        try:
            text = (root / self.file).read_text()
        except FileNotFoundError:
            raise Stale(f"{self.name}: there is no file {self.file}") from None
        for old, new in ((self.old, self.new), *([self.also] if self.also else [])):
            if (count := text.count(old)) != 1:
                raise Stale(
                    f"{self.name}: {self.file} has the text {old!r} {count} times,"
                    " not once"
                )
            text = text.replace(old, new)
        return text
