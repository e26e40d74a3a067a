# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What is wrong with a text that is no address (RFC 5321 section 4.1.2).

Each cause has a text of its own, which says what would be right and never holds the
value. The caller has found that the text is none: here it is only told why.
"""

import re
import unicodedata

from exordos_mail.standards import address as standard

_BLANK = re.compile(r"\s")
_SIGNS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff.-]*\Z")
_IPV4 = re.compile(r"\[?\d{1,3}(?:\.\d{1,3}){3}\]?\Z")

NO_AT = "an address is local@domain, or Name <local@domain>: there is no @"
EMPTY = "an address is local@domain, or Name <local@domain>: it is empty"
SEVERAL = "one address is wanted, and there are several: write them as a list"
NO_OPENING = "there is a > at the end, and no < before: write Name <local@domain>"
NO_CLOSING = "there is a <, and no > at the end: write Name <local@domain>"


def whole(text: str) -> str | None:
    """Return what is wrong with a text before its parts are looked at."""
    if not text.strip():
        return EMPTY
    if "@" not in text:
        return NO_AT
    # Quoted, both may be in a local part, which is refused for its quotes.
    if text.count("@") > 1 and re.search(r"[,;]", text):
        return SEVERAL
    if "<" in text and not text.startswith('"'):
        return NO_CLOSING
    return None


def local(part: str) -> str:
    """Return why a local part is none."""
    where = "the local part, before the @,"
    if not part:
        return f"{where} is empty"
    if len(part) > standard.USERNAME_MAX or _octets(part) > standard.USERNAME_MAX:
        return f"{where} has more than {standard.USERNAME_MAX} octets"
    if '"' in part:
        return f"{where} has a quotation mark: quoted local parts are not taken"
    if _BLANK.search(part):
        return f"{where} has a blank"
    if any(unicodedata.category(letter)[0] in "CZ" for letter in part):
        return f"{where} has a control character or an invisible one"
    if "@" in part:
        return "there is more than one @"
    if not _SIGNS.match(part):
        return (
            f"{where} has a sign that is not allowed: letters, digits, the signs"
            " !#$%&'*+/=?^_`{|}~- and single dots are"
        )
    if part.startswith(".") or part.endswith(".") or ".." in part:
        return f"{where} begins or ends with a dot, or has two dots in a row"
    return f"{where} has a letter that can be read as a sign that is not allowed"


def domain(part: str) -> str:
    """Return why a domain is none."""
    where = "the domain, after the @,"
    if not part:
        return f"{where} is empty"
    if len(part) > standard.DOMAIN_MAX:
        return f"{where} has more than {standard.DOMAIN_MAX} octets"
    if _IPV4.match(part) or part.startswith("["):
        return f"{where} is an IP address: write the name of a domain"
    if _BLANK.search(part):
        return f"{where} has a blank"
    if part.endswith("."):
        return f"{where} ends with a dot: write it without"
    if part.startswith(".") or ".." in part:
        return f"{where} begins with a dot, or has two dots in a row"
    labels = part.split(".")
    if any(_octets(label) > standard.LABEL_MAX for label in labels):
        return f"{where} has a label of more than {standard.LABEL_MAX} octets"
    if any(label.startswith("-") or label.endswith("-") for label in labels):
        return f"{where} has a label that begins or ends with a hyphen"
    if "_" in part:
        return (
            f"{where} has an underscore: letters, digits, hyphens and dots are allowed"
        )
    if len(labels) == 1:
        return f"{where} is a single label: write a whole name, as example.com"
    if part.isascii() and not re.fullmatch(r"[A-Za-z0-9.-]+", part):
        return f"{where} has a sign that is none of letters, digits, hyphens and dots"
    if labels[-1].isdigit():
        return f"{where} ends with a number: the last label has a letter"
    return f"{where} is not one that UTS 46 and IDNA 2008 allow"


def _octets(text: str) -> int:
    return len(text.encode(errors="replace"))
