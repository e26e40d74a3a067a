# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The verdict on a record: what all authoritative servers say, in one word.

What others see is what any of the servers may tell them, so a record is `ok` when all
of them show it, and `waiting` while some do.
"""

import typing as tp

from exordos_mail.standards.dns import judge_text, text, verdict
from exordos_mail.standards.dns.judge_host import judge_host
from exordos_mail.standards.dns.record import Record
from exordos_mail.standards.dns.verdict import Answer, Context, Verdict

NOTHING_ELSE = Context()

#: Purposes that the answer for a record is judged in one common way for.
_JUDGES: tp.Mapping[str, tp.Callable[[Record, tuple[str, ...], Context], Verdict]] = {
    "spf": judge_text.spf_record,
    "dkim": judge_text.dkim_record,
    "dmarc": judge_text.dmarc_record,
    "mta_sts": judge_text.mta_sts_record,
    "tls_rpt": judge_text.tls_rpt_record,
    "proof": judge_text.proof_record,
}


def judge(
    record: Record, answers: tp.Sequence[Answer], context: Context = NOTHING_ELSE
) -> Verdict:
    """Return the verdict on a record.

    Args:
        record: what is wanted.
        answers: what each authoritative server said of its name and type.
        context: see there.
    """
    loops = [one for one in answers if one.kind == "loop"]
    if loops:
        fix = f"Replace the CNAME at {record.name}: it leads nowhere or into a loop."
        return Verdict("wrong", record.value, _said(loops), fix)
    usable = [one for one in answers if one.usable]
    if not usable:
        return _unreachable(record, answers)
    verdicts = [_of_server(record, one, context) for one in usable]
    worst = min(verdicts, key=lambda one: _RANK.index(one.state))
    silent = [one for one in answers if not one.usable]
    if worst.state == "ok":
        return _secured(record, worst, silent, context)
    if any(one.state == "ok" for one in verdicts):
        return _differing(record, usable, verdicts)
    return worst


#: The worst first. `waiting` is what SPF is while names in it are not answered.
_RANK = ("duplicate", "truncated", "wrong", "missing", "insecure", "waiting", "ok")


def _of_server(record: Record, answer: Answer, context: Context) -> Verdict:
    if record.type != "TXT" or record.purpose not in _JUDGES:
        return judge_host(record, answer, context)
    found = _JUDGES[record.purpose](record, answer.values, context)
    if found.state != "missing" or found.fix:
        return found
    return _missing(record, found, context)


def _missing(record: Record, found: Verdict, context: Context) -> Verdict:
    """Say where the record is instead, if it is anywhere."""
    return judge_text.misplaced(record, context) or Verdict(
        "missing",
        found.expected,
        found.found,
        f"Add a {record.type} record at {record.name} with the expected text"
        f"{judge_text.spf_choice(record, context)}.",
    )


def _unreachable(record: Record, answers: tp.Sequence[Answer]) -> Verdict:
    fix = (
        f"Have the name servers of {record.name} answer, or correct the NS records"
        " of its zone: none of them does now."
    )
    return Verdict("unreachable", record.value, _said(answers), fix)


def _said(answers: tp.Iterable[Answer]) -> tuple[str, ...]:
    return text.shown_all(
        f"{one.server} {verdict.FAILURES.get(one.kind, one.kind)}" for one in answers
    )


def _secured(
    record: Record, good: Verdict, silent: tp.Sequence[Answer], context: Context
) -> Verdict:
    """Return the verdict on a record that all who answer show rightly."""
    if context.security == "bogus":
        fix = (
            f"Sign the zone {context.zone or record.name} again, or remove its DS"
            " record: its DNSSEC signatures do not validate, so many see nothing of it."
        )
        return Verdict("insecure", good.expected, good.found, fix)
    if record.type == "TLSA" and context.security != "secure":
        fix = "Sign the zone (DNSSEC): nobody uses TLSA records of an unsigned zone."
        return Verdict("insecure", good.expected, good.found, fix)
    if silent:
        fix = (
            f"Repair the name server {silent[0].server}, which"
            f" {verdict.FAILURES.get(silent[0].kind, silent[0].kind)}, or remove its NS"
            " record: the others show the record."
        )
        return Verdict("waiting", good.expected, (*good.found, *_said(silent)), fix)
    return good


def _differing(
    record: Record, usable: tp.Sequence[Answer], verdicts: tp.Sequence[Verdict]
) -> Verdict:
    """Return the verdict while only some of the servers show the record rightly."""
    others = [
        (answer, one)
        for answer, one in zip(usable, verdicts, strict=True)
        if one.state != "ok"
    ]
    found = [
        f"{answer.server}: {', '.join(one.found) or 'nothing'}"
        for answer, one in others
    ]
    servers = ", ".join(answer.server for answer, _ in others[:4])
    fix = (
        f"Wait until {servers} has the record as well, or have the zone transferred"
        " to it: the name servers do not agree."
    )
    return Verdict("waiting", record.value, text.shown_all(found), fix)
