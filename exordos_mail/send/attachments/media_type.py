# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Media types of attachments (RFC 2045 section 5.1, RFC 6838 section 4.2)."""

import importlib.resources
import re

from exordos_mail.send.attachments.failures import PermanentFailure

#: The one composite type that may be attached; it is sent as a message where its octets
#: allow it (RFC 2046 section 5.2.1), else as a plain file.
MESSAGE = "message/rfc822"
#: What is said of octets of which nothing is known (RFC 2046 section 4.5.1).
UNKNOWN = "application/octet-stream"
#: Longest type with its parameters, in characters.
LENGTH_MAX = 900

RULE = (
    "content_type must be of the form type/subtype, with parameters as in"
    " text/calendar; method=REQUEST"
)

_FILE = importlib.resources.files(__package__) / "mime.types"
#: By the ending of a file's name in lower case, without its dot.
BY_ENDING = {
    ending: words[0]
    for line in _FILE.read_text().splitlines()
    for words in [line.split()]
    if not line.startswith("#")
    for ending in words[1:]
}

_PART = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
_TYPE = re.compile(rf"({_PART}/{_PART})[ \t]*(?=;|\Z)")
_TOKEN = r"[A-Za-z0-9!#$%&'+.^_`|~-]+"  # noqa: S105
_PARAMETER = re.compile(
    rf"[ \t]*;[ \t]*([A-Za-z0-9!#$&+.^_-]{{1,60}})=({_TOKEN}"
    r'|"(?:[\t !#-\[\]-~]|\\[\t -~])*")[ \t]*'
)
_ESCAPE = re.compile(r"\\(.)")
_QUOTED = re.compile(r'["\\]')
#: Types whose body may not be in base64 (RFC 2046 sections 5.1 and 5.2.1).
_COMPOSITE = ("message/", "multipart/")


def of(filename: str, given: str | None) -> str:
    """Return the given media type in its usual form, or one that fits the name.

    Raises:
        PermanentFailure: the given one is none, or not for an attachment.
    """
    if given is None:
        return _guess(filename)
    base, pairs = split(given)
    if base.startswith(_COMPOSITE) and (base != MESSAGE or pairs):
        raise PermanentFailure(
            f"content_type may not be message/* or multipart/*, except {MESSAGE}"
            " without parameters"
        )
    return "; ".join([base, *(f"{name}={_quote(value)}" for name, value in pairs)])


def split(given: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the type in lower case, and each parameter's name and value.

    Raises:
        PermanentFailure: it is no media type.
    """
    found = _TYPE.match(given) if len(given) <= LENGTH_MAX else None
    if found is None:
        raise PermanentFailure(RULE)
    at = found.end()
    pairs: dict[str, str] = {}
    while at < len(given):
        one = _PARAMETER.match(given, at)
        if one is None or one[1].lower() in pairs:
            raise PermanentFailure(RULE)
        pairs[one[1].lower()] = _value(one[2])
        at = one.end()
    return found[1].lower(), list(pairs.items())


def _value(text: str) -> str:
    return _ESCAPE.sub(r"\1", text[1:-1]) if text.startswith('"') else text


def _quote(value: str) -> str:
    return '"' + _QUOTED.sub(r"\\\g<0>", value) + '"'


def _guess(filename: str) -> str:
    ending = filename.rpartition(".")[2].lower() if "." in filename else ""
    return BY_ENDING.get(ending, UNKNOWN)
