# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What is wrong with a DMARC record (RFC 9989 section 4.7)."""

import re
import typing as tp

from exordos_mail.standards.dns import text as texts

#: Policies, from the weakest.
POLICIES = ("none", "quarantine", "reject")

_REMOVED = ("pct", "rf", "ri")
_WORDS: tp.Mapping[str, tuple[str, ...]] = {
    "p": POLICIES,
    "sp": POLICIES,
    "np": POLICIES,
    "adkim": ("r", "s"),
    "aspf": ("r", "s"),
    "psd": ("y", "n", "u"),
    "t": ("y", "n"),
}
_MAILTO = re.compile(r"mailto:[^\s@,;!]+@[^\s@,;!]+\Z", re.IGNORECASE)


def is_one(text: str) -> bool:
    """Tell whether a text is meant to be a DMARC record."""
    return re.match(r"\s*v\s*=\s*DMARC", text, re.IGNORECASE) is not None


def problem(text: str, policy: str = "none", rua: str | None = None) -> str:
    """Return one sentence that says how to repair a record; "": it is good.

    Args:
        text: a text for which `is_one` holds.
        policy: the least strict policy that is good enough.
        rua: an address that reports have to be sent to; None: any or none.
    """
    if not re.match(r"v\s*=\s*DMARC1\s*(;|\Z)", text):
        return "Begin the record with v=DMARC1 (in upper case) and a semicolon."
    found = texts.tags(text)
    if "p" not in found:
        return "Add a policy behind v=DMARC1, e.g. p=none."
    return _words(found) or _addresses(found, rua) or _strictness(found, policy)


def _words(found: tp.Mapping[str, str]) -> str:
    for tag, words in _WORDS.items():
        if tag in found and found[tag].lower() not in words:
            allowed = ", ".join(words)
            return f"Set {tag}= to one of {allowed}; it is {_short(found[tag])}."
    for tag in _REMOVED:
        if tag in found:
            return f"Remove {tag}=: RFC 9989 has no such tag any more."
    return ""


def _addresses(found: tp.Mapping[str, str], rua: str | None) -> str:
    for tag in ("rua", "ruf"):
        for uri in filter(None, found.get(tag, "").split(",")):
            # a size behind "!" is of RFC 7489, and ignored now
            if not _MAILTO.match(uri.strip().partition("!")[0]):
                return (
                    f"Write addresses in {tag}= as mailto:user@example.com;"
                    f" it has {_short(uri.strip())}."
                )
    if rua and f"mailto:{rua}".lower() not in found.get("rua", "").lower().replace(
        " ", ""
    ).split(","):
        return f"Add mailto:{rua} to rua=, which is where reports are wanted."
    return ""


def _strictness(found: tp.Mapping[str, str], policy: str) -> str:
    has = found["p"].lower()
    if POLICIES.index(has) < POLICIES.index(policy):
        return f"Set p={policy}; it is p={has}."
    if policy != "none" and found.get("t", "n").lower() == "y":
        return "Remove t=y: it asks receivers not to apply the policy."
    return ""


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "...")
