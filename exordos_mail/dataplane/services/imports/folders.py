# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Folders of a source, and what they are called here: pure."""

import base64
import binascii
import collections.abc as abc
import dataclasses
import re

INBOX = "INBOX"
SEPARATOR = "/"
#: Separators that a configuration of Dovecot can name without quoting.
_SEPARATORS = frozenset("./|^:!~-_,")
#: What our folders are for (RFC 6154), and by which names others call them.
_USES = {
    "\\drafts": "Drafts",
    "\\junk": "Junk",
    "\\sent": "Sent",
    "\\trash": "Trash",
    "\\archive": "Archive",
}
_CALLED = {
    **dict.fromkeys(("draft", "drafts"), "Drafts"),
    **dict.fromkeys(("junk", "junk e-mail", "junk email", "spam"), "Junk"),
    **dict.fromkeys(("bulk mail",), "Junk"),
    **dict.fromkeys(("sent", "sent items", "sent messages", "sent mail"), "Sent"),
    **dict.fromkeys(("trash", "deleted items", "deleted messages"), "Trash"),
    **dict.fromkeys(("archive", "archives"), "Archive"),
}
#: Folders that show messages of others once more.
_VIEWS = frozenset({"\\all", "\\flagged", "\\important"})
_UNSELECTABLE = frozenset({"\\noselect", "\\nonexistent"})
_NAME_MAX, _DEPTH_MAX = 255, 20
#: Names that the store has for itself, and octets of one.
_RESERVED = frozenset({"", ".", "..", "cur", "new", "tmp"})
_LONGEST = 150
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
#: What ends a part here, or makes a name a pattern (RFC 3501 section 6.3.8).
_PATTERN = re.compile(r"[/*%]")
_ENCODED = re.compile(rb"&([A-Za-z0-9+,]*)-")


@dataclasses.dataclass(frozen=True)
class Folder:
    """A folder of a source.

    Attributes:
        raw: its name as the source says it.
        name: the same, decoded.
        separator: of its parts; "" where it has none.
        flags: in lower case.
    """

    raw: bytes
    name: str
    separator: str
    flags: frozenset[str]

    @property
    def parts(self) -> tuple[str, ...]:
        """Its name from the top down."""
        whole = self.name.split(self.separator) if self.separator else [self.name]
        is_below_inbox = whole[0].upper() == INBOX
        return tuple([INBOX, *whole[1:]] if is_below_inbox else whole)

    @property
    def fault(self) -> str:
        """Why it can have no name here, or ""."""
        if len(self.name) > _NAME_MAX or len(self.parts) > _DEPTH_MAX:
            return (
                f"its name has more than {_NAME_MAX} characters or {_DEPTH_MAX} parts"
            )
        if self.name.startswith("-"):
            return "its name begins with -, as options of doveadm do"
        return "" if all(self.parts) else "a part of its name is empty"

    @property
    def shown(self) -> str:
        """Its name for people, its parts divided as ours are."""
        return SEPARATOR.join(self.parts) if all(self.parts) else self.name

    @property
    def has_mail(self) -> bool:
        """Whether it can be opened, and is no view of other folders."""
        return not self.flags & _UNSELECTABLE


def decode(raw: bytes) -> str | None:
    """Return a name in modified UTF-7 (RFC 3501 section 5.1.3); None: it is not."""
    if not raw or any(octet < 0x20 or octet > 0x7E for octet in raw):
        return None

    def text(found: re.Match[bytes]) -> bytes:
        if not found[1]:
            return b"&"
        padded = found[1].replace(b",", b"/") + b"=" * (-len(found[1]) % 4)
        return base64.b64decode(padded).decode("utf-16-be").encode()

    try:
        name = _ENCODED.sub(text, raw).decode()
    except (UnicodeError, binascii.Error):
        return None
    is_whole = b"&" not in _ENCODED.sub(b"", raw)
    return name if is_whole and not _CONTROL.search(name) else None


def wanted(
    found: abc.Iterable[Folder],
    folders: list[str] | None,
    exclude: list[str],
) -> list[Folder]:
    """Return the folders that are copied; a view only if it is named."""
    return [
        one
        for one in found
        if one.has_mail
        and not _names(exclude, one)
        and (_names(folders, one) if folders else not one.flags & _VIEWS)
    ]


def _names(listed: list[str] | None, one: Folder) -> bool:
    """Return whether a list names a folder or one above it."""
    parts = one.parts
    whole = {SEPARATOR.join(parts[:count]) for count in range(1, len(parts) + 1)}
    return any(name in whole for name in listed or ())


def separator(found: abc.Iterable[Folder]) -> str | None:
    """Return what parts names at a source; None: nothing that can be told Dovecot."""
    said = {one.separator for one in found if one.separator} or {SEPARATOR}
    return said.pop() if len(said) == 1 and said <= _SEPARATORS else None


def targets(found: abc.Iterable[Folder]) -> dict[bytes, str]:
    """Return what each folder is called here, by its raw name.

    Where all of them are below INBOX, that is the source's prefix for a user's own
    folders (RFC 2342), and is left out.
    """
    every = sorted(found, key=lambda one: (len(one.parts), one.raw))
    below = all(one.parts[0] == INBOX for one in every)
    known: dict[tuple[str, ...], tuple[str, ...]] = {}
    for one in every:
        parts = one.parts
        if below and len(parts) > 1:
            parts = parts[1:]
        known[one.parts] = _target(one, parts, known)
    return {one.raw: SEPARATOR.join(known[one.parts]) for one in every}


def _target(
    one: Folder,
    parts: tuple[str, ...],
    known: dict[tuple[str, ...], tuple[str, ...]],
) -> tuple[str, ...]:
    above = known.get(one.parts[:-1])
    if len(parts) > 1 and above is not None:
        return (*above, _part(parts[-1]))
    use = next((_USES[flag] for flag in sorted(one.flags) if flag in _USES), None)
    if use is None and len(parts) == 1:
        use = _CALLED.get(parts[0].lower())
    return (use,) if use else tuple(map(_part, parts))


def _part(name: str) -> str:
    """Return a part of a name that the store can have."""
    found = _PATTERN.sub("_", name).lstrip("~-")
    if found in _RESERVED:
        return found.replace(".", "_") + "_"
    while len(found.encode("utf-7")) > _LONGEST:
        found = found[:-1]
    return found
