# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The verdict on the TXT record of a DKIM key (RFC 6376 section 3.6.1)."""

import itertools
import re

from exordos_mail.standards.dns import text
from exordos_mail.standards.dns.record import Record
from exordos_mail.standards.dns.verdict import Context, Verdict

#: A key that was cut into more records than this is not put together again.
_PIECES_MAX = 4
#: A beginning shorter than this shows nothing.
_PREFIX_MIN = 8


def dkim_record(record: Record, values: tuple[str, ...], context: Context) -> Verdict:
    """Judge the record of one key."""
    shown = text.shown_all(values)
    keys = [one for one in values if _is_key(one)]
    if len(values) > 1 and (fix := _in_pieces(record, values)):
        return Verdict("truncated", record.value, shown, fix)
    if len(keys) > 1:
        fix = f"Leave the expected one of the {len(keys)} records at {record.name}."
        return Verdict("duplicate", record.value, shown, fix)
    if not keys:
        return Verdict("missing", record.value, shown)
    state, fix = _one(record, keys[0], context)
    return Verdict(state, record.value, text.shown_all(keys), fix)


def _is_key(value: str) -> bool:
    return re.search(r"v\s*=\s*DKIM|(^|[;\s\"])p\s*=", value, re.IGNORECASE) is not None


def _bare(value: str) -> str:
    """Return a text without blanks, which mean nothing in it."""
    return re.sub(r"\s", "", value).rstrip(";")


def _in_pieces(record: Record, values: tuple[str, ...]) -> str:
    if len(values) > _PIECES_MAX:
        return ""
    wanted = _bare(record.value)
    for order in itertools.permutations(values):
        if _bare("".join(order)) == wanted:
            return (
                f"Make one record of the {len(values)} at {record.name}: a long text"
                " is several strings of one record, not several records."
            )
    return ""


def _one(record: Record, found: str, context: Context) -> tuple[str, str]:
    wanted, has = text.tags(record.value), text.tags(found)
    key, other = _bare(wanted.get("p", "")), _bare(has.get("p", ""))
    if '"' in found:
        fix = (
            f"Remove the quotes from the text at {record.name}: they became part of it."
        )
        return "wrong", fix
    if "\\" in found:
        fix = f"Remove the backslashes from the text at {record.name}."
        return "wrong", fix
    if fix := _tags(has, wanted):
        return "wrong", fix
    if key == other:
        return "ok", ""
    if len(other) >= _PREFIX_MIN and key.startswith(other):
        fix = (
            f"Enter the whole key at {record.name}, as strings of at most 255 octets:"
            f" {len(other)} of its {len(key)} characters are there."
        )
        return "truncated", fix
    return "wrong", _other_key(record, key, other, context)


def _tags(has: dict[str, str], wanted: dict[str, str]) -> str:
    """Return how to repair the tags besides the key; "": they are right."""
    if has.get("v", "DKIM1") != "DKIM1":
        return "Write v=DKIM1 in upper case."
    if "p" not in has:
        return "Add the key: there is no p= in the record."
    kind = wanted.get("k", "rsa")
    if has.get("k", "rsa").lower() != kind:
        return f"Set k={kind}: the key is of that kind."
    if "y" in has.get("t", "").lower().split(":"):
        return "Remove t=y: it tells receivers to ignore the signatures."
    if "h" in has and "sha256" not in has["h"].lower():
        return "Remove h=: signatures are made with SHA-256."
    if has.get("s", "*").lower() not in ("*", "email"):
        return "Remove s=: the key is for mail."
    return ""


def _other_key(record: Record, key: str, other: str, context: Context) -> str:
    if not other:
        return f"Enter the key again at {record.name}: an empty p= says it is revoked."
    if key.lower() == other.lower():
        return (
            "Enter the key as it is: upper and lower case of its letters are changed."
        )
    for name, value in context.keys.items():
        if _bare(text.tags(value).get("p", "")) == other:
            return (
                f"Enter the expected key at {record.name}: that is the one of {name}."
            )
    if key and key.startswith(other[: len(key)]):
        return f"Remove what stands behind the key at {record.name}."
    return f"Replace the key at {record.name} by the expected one: it is another key."
