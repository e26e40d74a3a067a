# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Trust anchors of the DNS: what a validating resolver believes without a proof.

One is a line as in a zone file, a DS or a DNSKEY record (RFC 4034), e.g. of the root
`. DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D`.
"""

import re

_NAME = r"\.|(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.){1,126}"
_DS = r"DS [0-9]{1,5} [0-9]{1,3} [0-9]{1,3} [0-9A-F]{40,128}"
_DNSKEY = r"DNSKEY [0-9]{1,5} 3 [0-9]{1,3} [A-Za-z0-9+/]{16,2048}={0,2}"
_ANCHOR = re.compile(rf"(?:{_NAME}) (?:{_DS}|{_DNSKEY})\Z")
_TIME_AND_CLASS = re.compile(r"(?:[0-9]{1,10} )?(?:IN )?(?=(?:DS|DNSKEY) )", re.I)
_EXAMPLE = "'. DS 20326 8 2 <digest>' or '. DNSKEY 257 3 8 <key>'"


class TrustAnchorError(ValueError):
    """The text is no trust anchor; it says what would be."""


def canonical(text: str) -> str:
    """Return an anchor in the usual form: without time to live and class.

    Raises:
        TrustAnchorError: it is none.
    """
    owner, _, rest = " ".join(text.split()).partition(" ")
    rest = _TIME_AND_CLASS.sub("", rest, count=1)
    kind, _, rest = rest.partition(" ")
    kind, words = kind.upper(), rest.split(" ")
    data = "".join(words[3:])
    words = [*words[:3], data.upper() if kind == "DS" else data]
    anchor = f"{owner.lower().rstrip('.')}. {kind} {' '.join(words)}"
    if not is_canonical(anchor):
        raise TrustAnchorError(f"a trust anchor is a line like {_EXAMPLE}")
    return anchor


def is_canonical(text: object) -> bool:
    """Return whether a value is an anchor in the usual form."""
    return isinstance(text, str) and bool(_ANCHOR.match(text))
