# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Verdicts on TXT records, each by the rules of what reads it.

Each function takes the record that is wanted, the texts that one server has at its
name, and the context. A verdict of `missing` without `fix` leaves it to the caller to
look for the record at other names.
"""

import re

from exordos_mail.standards.dns import dmarc, spf, text
from exordos_mail.standards.dns.judge_dkim import dkim_record
from exordos_mail.standards.dns.record import Record
from exordos_mail.standards.dns.verdict import Context, Verdict

__all__ = [
    "dkim_record",
    "dmarc_record",
    "misplaced",
    "mta_sts_record",
    "proof_record",
    "spf_choice",
    "spf_record",
    "tls_rpt_record",
]

Texts = tuple[str, ...]

_STS_ID = re.compile(r"[A-Za-z0-9]{1,32}\Z")


def spf_record(record: Record, values: Texts, context: Context) -> Verdict:
    """Judge SPF by evaluation: any record that lets this instance send is good."""
    found = [one for one in values if spf.is_one(one)]
    shown = text.shown_all(found)
    if not found:
        return _no_spf(record, values)
    if len(found) > 1:
        expected = spf.merged(spf.union(found), context.mechanisms)
        fix = f"Merge the {len(found)} SPF records of {record.name} into the expected."
        return Verdict("duplicate", expected, shown, fix)
    expected = spf.merged(found[0], context.mechanisms)
    outcome = context.evaluations.get(found[0])
    if outcome is None or outcome.result == "temperror":
        why = outcome.problem if outcome else "no answer in time"
        fix = f"Check the names in the SPF record: the DNS did not answer ({why[:80]})."
        return Verdict("waiting", found[0], shown, fix)
    if outcome.result == "pass":
        return Verdict("ok", found[0], shown)
    if record.value.startswith(found[0]) and found[0] != record.value:
        fix = "Write the whole record: its end is cut off."
        return Verdict("truncated", record.value, shown, fix)
    if outcome.result == "permerror":
        return Verdict("wrong", expected, shown, _spf_error(outcome))
    if context.lost:
        fix = (
            f"Correct the instance's smarthost {context.smarthost}: it has no address"
            " in the DNS, so no mail leaves, and nobody can tell what SPF has to name."
        )
        return Verdict("wrong", found[0], shown, fix)
    is_complete = expected == " ".join(found[0].split())
    fix = _spf_addition(context, outcome.result, is_complete)
    return Verdict("wrong", expected, shown, fix)


def _spf_addition(context: Context, result: str, is_complete: bool) -> str:
    names = " ".join(context.mechanisms)
    if context.smarthost:
        return (
            f"Add {names} right behind v=spf1, or rather the include: that the operator"
            f" of the smarthost {context.smarthost} names, if there is one: all mail"
            f" leaves by it, and the result is {result} now."
        )
    if is_complete:
        return (
            f"Correct the address records behind {names}, or what stands before it: the"
            f" result is {result} now."
        )
    return f"Add {names} right behind v=spf1: the result is {result} now."


def _spf_error(outcome: spf.Evaluation) -> str:
    if outcome.lookups > spf.LOOKUPS_MAX:
        return (
            "Remove names from the SPF record until it needs"
            f" {spf.LOOKUPS_MAX} look-ups or fewer (RFC 7208 section 4.6.4):"
            " with more, everybody refuses it."
        )
    if outcome.void_lookups > spf.VOID_LOOKUPS_MAX:
        return (
            "Remove names from the SPF record that do not exist:"
            f" more than {spf.VOID_LOOKUPS_MAX} look-ups find nothing."
        )
    return f"Correct the SPF record: {text.plain(outcome.problem.encode())[:160]}."


def _no_spf(record: Record, values: Texts) -> Verdict:
    for one in values:
        bare = one.strip().strip('"').strip()
        if spf.is_one(bare):
            fix = "Remove the quotes and blanks around the text of the SPF record."
            return Verdict("wrong", record.value, text.shown_all([one]), fix)
        if re.match(r"v\s*=\s*spf|spf[12]", bare, re.IGNORECASE):
            fix = "Begin the SPF record with v=spf1 and a blank."
            return Verdict("wrong", record.value, text.shown_all([one]), fix)
    return Verdict("missing", record.value)


def dmarc_record(record: Record, values: Texts, context: Context) -> Verdict:
    """Judge DMARC: any record that is valid and strict enough is good."""
    found = [one for one in values if dmarc.is_one(one)]
    shown = text.shown_all(found or values)
    if len(found) > 1:
        fix = f"Leave one of the {len(found)} DMARC records at {record.name}."
        return Verdict("duplicate", record.value, shown, fix)
    if not found:
        return _unlike(record, values, "DMARC")
    if found[0] != record.value and record.value.startswith(found[0].rstrip("; ")):
        fix = (
            "Write the whole record, in quotes if it is a zone file:"
            " it ends at a semicolon now."
        )
        return Verdict("truncated", record.value, shown, fix)
    fix = dmarc.problem(found[0], context.dmarc_policy, context.dmarc_rua)
    return Verdict("wrong" if fix else "ok", record.value, shown, fix)


def mta_sts_record(record: Record, values: Texts, context: Context) -> Verdict:
    """Judge the record that tells of an MTA-STS policy (RFC 8461 section 3.1)."""
    found = [one for one in values if re.match(r"\s*v\s*=\s*STS", one, re.IGNORECASE)]
    shown = text.shown_all(found or values)
    if len(found) > 1:
        fix = f"Leave one of the {len(found)} MTA-STS records at {record.name}."
        return Verdict("duplicate", record.value, shown, fix)
    if not found:
        return _unlike(record, values, "MTA-STS")
    fix, has = "", text.tags(found[0]).get("id", "")
    wanted = text.tags(record.value)["id"]
    if not re.match(r"v=STSv1\s*;", found[0]):
        fix = "Begin the record with v=STSv1 and a semicolon."
    elif not has:
        fix = f"Add id={wanted} to the record."
    elif not _STS_ID.match(has):
        fix = f"Set id={wanted}: an id is 1 to 32 letters and digits."
    elif has != wanted:
        fix = f"Set id={wanted}: the policy has changed."
    return Verdict("wrong" if fix else "ok", record.value, shown, fix)


def tls_rpt_record(record: Record, values: Texts, context: Context) -> Verdict:
    """Judge the record that asks for reports on TLS (RFC 8460 section 3)."""
    found = [one for one in values if re.match(r"\s*v\s*=\s*TLSRPT", one, re.I)]
    shown = text.shown_all(found or values)
    if len(found) > 1:
        fix = f"Leave one of the {len(found)} TLS-RPT records at {record.name}."
        return Verdict("duplicate", record.value, shown, fix)
    if not found:
        return _unlike(record, values, "TLS-RPT")
    fix, wanted = "", text.tags(record.value)["rua"]
    uris = text.tags(found[0]).get("rua", "").replace(" ", "").lower().split(",")
    if not re.match(r"v=TLSRPTv1\s*;", found[0]):
        fix = "Begin the record with v=TLSRPTv1 and a semicolon."
    elif wanted.lower() not in uris:
        fix = f"Add {wanted} to rua=, which is where reports are wanted."
    return Verdict("wrong" if fix else "ok", record.value, shown, fix)


def proof_record(record: Record, values: Texts, context: Context) -> Verdict:
    """Judge the proof of ownership; each instance may have its own beside others."""
    shown = text.shown_all(values)
    bare = [one.strip() for one in values]
    if record.value in bare:
        return Verdict("ok", record.value, shown)
    label = record.value.partition("=")[0]
    if any(one.strip('" ') == record.value for one in bare):
        fix = f"Remove the quotes from the text at {record.name}."
        return Verdict("wrong", record.value, shown, fix)
    if any(one.lower().startswith(label) for one in bare):
        fix = f"Add the expected text at {record.name}: the one there is another's."
        return Verdict("wrong", record.value, shown, fix)
    return Verdict("missing", record.value, shown)


def _unlike(record: Record, values: Texts, title: str) -> Verdict:
    """Return the verdict where no text looks like the record."""
    for one in values:
        bare = re.sub(r'["\s\\]', "", one).lower()
        begin = re.sub(r"\s", "", record.value).lower().partition(";")[0]
        if bare.startswith(begin):
            fix = f"Remove the quotes around the text of the {title} record."
            return Verdict("wrong", record.value, text.shown_all([one]), fix)
    return Verdict("missing", record.value, text.shown_all(values))


def spf_choice(record: Record, context: Context) -> str:
    """Return what a new SPF record may have instead; "": nothing."""
    if record.purpose != "spf" or not context.smarthost:
        return ""
    return (
        f", or with the include: that the operator of the smarthost {context.smarthost}"
        f" names in place of {' '.join(context.mechanisms)}"
    )


def misplaced(record: Record, context: Context) -> Verdict | None:
    """Return the verdict on a record that stands at another name; None: it does not."""
    for name, values in context.elsewhere.items():
        same = [one for one in values if _alike(one, record)]
        if not same:
            continue
        found = text.shown_all(f"{name}: {one}" for one in same)
        if context.zone and name == f"{record.name}.{context.zone}":
            short = record.name.removesuffix(context.zone).rstrip(".") or "@"
            fix = (
                f"Enter {short} as the name, without the domain: the record stands at"
                f" {name} now."
            )
        else:
            fix = f"Move the record from {name} to {record.name}."
        return Verdict("wrong", record.value, found, fix)
    return None


def _alike(value: str, record: Record) -> bool:
    """Tell whether two texts begin with the same word, which says what they are."""
    return _first(value) == _first(record.value)


def _first(value: str) -> str:
    return re.split(r"[;\s]", value.strip().lower(), maxsplit=1)[0]


def other_names(record: Record, zone: str) -> list[str]:
    """Return the names at which people put a TXT record by mistake.

    Args:
        record: one that is missing.
        zone: apex of its zone; "": not known.
    """
    doubled = [f"{record.name}.{zone}"] if zone else []
    label = record.name.split(".")[0]
    parent = record.name.partition(".")[2]
    if record.purpose in ("dmarc", "mta_sts", "proof"):
        # the label forgotten; written twice
        return [*doubled, parent, f"{label}.{record.name}"]
    return doubled
