# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Texts, names, addresses and files as callers of the send service have them."""

import hypothesis.strategies as st

#: Text that a reader must not take for anything else.
LOOKALIKES = [
    "=?utf-8?q?a=0D=0AX-Evil:_1=0D=0A=0D=0Abody?=",
    "=?utf-8?q?a=0A.=0D=0AMAIL_FROM:<x@y.test>?=",
    "=?utf-8?b?AAAA?= tail",
    "=?us-ascii?Q?ceo=40victim.test?=",
    "before =?utf-8?q?=00?= after",
    "=?utf-8?Q?..=2F..=2Fetc=2Fpasswd?=",
    "=?utf-8*en?q?x?=",
    "=?=?q?=?=",
    "=?utf-8?b?4oCuZXhlLmZkcA==?=",
]
_LETTERS = st.characters(
    exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters="\x85"
)
_SIGNS = [" ", '"', "\\", "<", ">", ",", "(", "?=", "=?", "  ", "a" * 90, "😀", "é "]
_PARTS = st.text(_LETTERS, max_size=30) | st.sampled_from([*LOOKALIKES, *_SIGNS])
#: Any text of one line that a caller may give.
texts = st.lists(_PARTS, max_size=6).map("".join)
#: Names that are more than blanks.
names = texts.map(lambda text: text[:256]).filter(str.strip)

_LINES = [
    "\n",
    "\r",
    "\r\n",
    "\n.\n",
    " \n",
    "\n--=_",
    "ä" * 80,
    "x" * 1200,
    "\nFrom a",
]
_BODY_LETTERS = st.characters(exclude_categories=("Cs",), exclude_characters="\x00")
#: Any body that a caller may give.
bodies = st.lists(
    st.text(_BODY_LETTERS, max_size=80) | st.sampled_from(_LINES), max_size=8
).map("".join)

_NOT_IN_NAMES = "/\\\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_FILE_LETTERS = st.characters(
    exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters=_NOT_IN_NAMES
)
#: Names of files; a reader takes blanks at their ends away.
files = (
    st.text(_FILE_LETTERS, min_size=1, max_size=60)
    | st.sampled_from([*LOOKALIKES, "utf-8''a%0D%0Ab", "ü" * 255, "x" * 255])
).filter(lambda name: name == name.strip() and name not in ("", ".", ".."))

_ATOM = "abcXYZ019!#$%&'*+/=?^_`{|}~-"
_LOCAL = st.lists(st.text(_ATOM, min_size=1, max_size=12), min_size=1, max_size=3).map(
    ".".join
)
#: Domains as they are written, and as DNS has them.
DOMAINS = {
    "example.net": "example.net",
    "EXAMPLE.Net": "example.net",
    "faß.example": "xn--fa-hia.example",
    "FASS.example": "fass.example",
    "Bücher.example": "xn--bcher-kva.example",
    "例え。example": "xn--r8jz45g.example",
    "xn--fa-hia.example": "xn--fa-hia.example",
    "σίσυφος.example": "xn--kxa6ajbbmh.example",
}
#: Local parts that need SMTPUTF8 (RFC 6531).
_BEYOND = st.sampled_from(["jörg", "用户", "иван.петров", "straße+tag"])
#: Addresses as they are written, and as they are sent.
addresses = st.tuples(
    _LOCAL | _LOCAL | _LOCAL | _BEYOND, st.sampled_from(sorted(DOMAINS))
).map(lambda pair: (f"{pair[0]}@{pair[1]}", f"{pair[0]}@{DOMAINS[pair[1]]}"))
