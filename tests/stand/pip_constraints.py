# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A machine's constraint files beside the exact pins of this project.

pip refuses to install what two constraints contradict, so a machine's cap on a
package that the project pins would end every build.  The project's pin wins.

Source: pip's documentation, reference/requirements-file-format.
"""

import os
import pathlib
import re
import typing as tp
import urllib.parse
import urllib.request

from tests.stand import cache

_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_NESTED = re.compile(r"\s*(?:-c|--constraint|-r|--requirement)[\s=]\s*(\S+)\s*$")
DEPTH = 10


def fitting(
    words: tp.Iterable[str],
    pins: tp.Collection[pathlib.Path],
    copies: pathlib.Path,
    notes: list[str],
) -> list[str]:
    """Return constraint files that contradict no pin: the files, or copies of them.

    ``words``: absolute paths and URLs; what is not on this machine is left to pip.
    A file that cannot be read is left out, with a note.
    """
    own = {n for p in pins for n in map(name, p.read_text().splitlines()) if n}
    found = []
    for word in words:
        try:
            found.append(_fitting(word, own, copies, notes))
        except OSError as error:
            reason = f"{error.filename}: {error.strerror}"
            notes.append(f"pip's setting constraint is not used: {reason}")
    return found


def _fitting(
    word: str, own: tp.Collection[str], copies: pathlib.Path, notes: list[str]
) -> str:
    path = local(word)
    if path is None:
        return word
    lines = list(_flat(path))
    dropped = sorted({n for n in map(name, lines) if n in own})
    if not dropped:
        return word
    notes.append(f"{path}: not used for {', '.join(dropped)}, {_OURS}")
    kept = [line for line in lines if name(line) not in own]
    return str(_copy("".join(f"{line}\n" for line in kept), copies))


_OURS = "of which this project pins the versions"


def local(word: str) -> pathlib.Path | None:
    """Return the file or directory that a path or a ``file:`` URL names.

    None for anything that lies elsewhere.
    """
    if word.startswith("file:"):
        path = urllib.parse.urlsplit(word).path
        return pathlib.Path(urllib.request.url2pathname(path))
    if "://" in word:
        return None
    return pathlib.Path(os.path.abspath(os.path.expanduser(word)))


def name(line: str) -> str | None:
    """Return the package that a line is about, normalised (PEP 503), or None."""
    found = _NAME.match(line)
    return re.sub(r"[-_.]+", "-", found[1]).lower() if found else None


def _flat(path: pathlib.Path, depth: int = DEPTH) -> tp.Iterator[str]:
    """Yield the lines of a file and of the files that it names, in its place."""
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    for line in text.replace("\\\n", " ").splitlines():
        nested = _NESTED.match(line)
        if nested and "://" not in nested[1] and depth:
            yield from _flat(path.parent / nested[1], depth - 1)
        else:
            yield line


def _copy(text: str, directory: pathlib.Path) -> pathlib.Path:
    path = directory / f"{cache.key(text)}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(text)
        draft.rename(path)
    return path
