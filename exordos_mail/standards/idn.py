# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Domain names in other scripts (RFC 5890), in the form that DNS has.

The one place where a name is converted. UTS 46 without its transitional
processing: `faß.example` and `fass.example` are two names with two owners, so the
codec of Python's own library (RFC 3490), which makes one of them, is not used.
"""

import idna

#: Longest name that is looked at, in characters: a name in another script is never
#: shorter in its ASCII form, which DNS bounds to 253 octets (RFC 1035 section 2.3.4).
LENGTH_MAX = 254


class IdnError(ValueError):
    """Not a name that DNS can hold; the text holds nothing of it."""


def to_ascii(name: str) -> str:
    """Return a domain name in lower case, as A-labels.

    Labels that are ASCII already are taken as they are.

    Raises:
        IdnError: IDNA 2008 (RFC 5892) does not allow it, or it is too long.
    """
    if len(name) > LENGTH_MAX:
        raise IdnError(f"a domain is at most {LENGTH_MAX} characters")
    if name.isascii():
        return name.lower()
    try:
        mapped = idna.uts46_remap(name, std3_rules=True)
        return ".".join(map(_label, mapped.split(".")))
    except (idna.IDNAError, UnicodeError):
        raise IdnError("not a domain name of IDNA 2008 (RFC 5892)") from None


def to_unicode(name: str) -> str:
    """Return a domain name of A-labels in its own script (RFC 5890 section 2.3.2.1).

    A label that is no A-label stays as it is: DNS has such names, too.
    """
    return ".".join(map(_u_label, name.split(".")))


def _label(label: str) -> str:
    return label if label.isascii() else idna.alabel(label).decode("ascii")


def _u_label(label: str) -> str:
    try:
        return idna.ulabel(label) if label.startswith("xn--") else label
    except (idna.IDNAError, UnicodeError):
        return label


# The library reads its tables when they are first used, which a server that has given
# up its privileges meanwhile may not be able to.
to_ascii("\u00df.example")
