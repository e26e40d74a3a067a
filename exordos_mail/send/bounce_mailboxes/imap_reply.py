# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What an IMAP server says (RFC 3501): pure."""

import re
import typing as tp

#: At the end of a line: octets that follow (section 4.3).
LITERAL = re.compile(rb"~?\{([0-9]{1,20})\+?\}\Z")
#: Stands for a literal in a line.
MARK = b"\x00"
_UID = re.compile(rb"\bUID ([0-9]{1,10})\b")
_SIZE = re.compile(rb"\bRFC822\.SIZE ([0-9]{1,15})\b")
_BODY = re.compile(rb'\bBODY\[\](?:<[0-9]+>)? (\x00|NIL\b|"((?:[^"\\]|\\.)*)")')
_FETCH = re.compile(rb"\* [0-9]{1,10} FETCH \(", re.IGNORECASE)
_EXISTS = re.compile(rb"\* ([0-9]{1,10}) EXISTS\Z", re.IGNORECASE)
_CODE = re.compile(rb"\* OK \[(UIDVALIDITY|UIDNEXT) ([0-9]{1,10})\]", re.IGNORECASE)
_CAPABILITY = re.compile(rb"\* CAPABILITY (.*)\Z", re.IGNORECASE)
#: Codes that say that it may be better in a moment (RFC 5530 and others).
_PASSING = re.compile(
    rb"\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG|THROTTLED|OVERQUOTA)\b", re.IGNORECASE
)


class ImapReply(tp.NamedTuple):
    """A line; MARK stands where a literal was."""

    text: bytes
    literals: tuple[bytes, ...] = ()

    @property
    def uid(self) -> int | None:
        """Return the UID that a FETCH is of; None: it is none, or does not say."""
        found = _UID.search(self.text) if _FETCH.match(self.text) else None
        return int(found[1]) if found else None

    @property
    def size(self) -> int:
        """Return the size that a FETCH tells; 0: none."""
        found = _SIZE.search(self.text)
        return int(found[1]) if found else 0

    @property
    def body(self) -> bytes | None:
        """Return the mail of a FETCH; None: it has none."""
        found = _BODY.search(self.text)
        if found is None:
            return None
        if found[1] == MARK:
            at = self.text[: found.start(1)].count(MARK)
            return self.literals[at] if at < len(self.literals) else None
        return re.sub(rb"\\(.)", rb"\1", found[2] or b"")

    @property
    def exists(self) -> int | None:
        """Return how many mails there are, if it tells."""
        found = _EXISTS.match(self.text)
        return int(found[1]) if found else None

    @property
    def code(self) -> tuple[str, int] | None:
        """Return UIDVALIDITY or UIDNEXT, if it tells one of them."""
        found = _CODE.match(self.text)
        return (found[1].decode().upper(), int(found[2])) if found else None

    @property
    def capabilities(self) -> frozenset[str] | None:
        """Return what the server can do, if it tells."""
        found = _CAPABILITY.match(self.text)
        if found is None:
            return None
        return frozenset(found[1].decode("ascii", "replace").upper().split())


class ImapStatus(tp.NamedTuple):
    """The end of the answer to a command."""

    #: OK, NO or BAD.
    word: str
    text: bytes

    @property
    def ok(self) -> bool:
        """Tell whether it was done."""
        return self.word == "OK"

    @property
    def passes(self) -> bool:
        """Tell whether it may go well later."""
        return _PASSING.search(self.text) is not None

    def has(self, code: bytes) -> bool:
        """Tell whether a response code stands in it."""
        return b"[" + code in self.text.upper()


def quoted(text: bytes) -> bytes:
    """Return a quoted string (section 4.3)."""
    return b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def uid_set(uids: tp.Iterable[int]) -> bytes:
    """Return UIDs as a set, runs together: `1:3,7`."""
    runs: list[list[int]] = []
    for uid in sorted(uids):
        if runs and uid == runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    texts = (f"{one}:{two}" if one != two else str(one) for one, two in runs)
    return ",".join(texts).encode()
