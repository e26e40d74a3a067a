# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Verdicts on records of hosts and addresses: A, AAAA, CNAME, MX, PTR, SRV, TLSA."""

import ipaddress
import typing as tp

from exordos_mail.standards.dns import text
from exordos_mail.standards.dns.record import Record
from exordos_mail.standards.dns.verdict import Answer, Context, Verdict


def judge_host(record: Record, answer: Answer, context: Context) -> Verdict:
    """Return the verdict on what one server says."""
    judge = _JUDGES[record.type]
    state, fix = judge(record, answer, context)
    found = answer.values
    if answer.alias and record.type != "CNAME":
        found = (f"CNAME {answer.alias}.", *found)
    return Verdict(state, record.value, text.shown_all(found), fix)


def _add(record: Record) -> str:
    return f"Add a {record.type} record at {record.name} with the expected value."


def _address(record: Record, answer: Answer, context: Context) -> tuple[str, str]:
    if answer.alias:
        return "wrong", (
            f"Replace the CNAME at {record.name} by address records: the name of a mail"
            " server must not be an alias (RFC 2181 section 10.3)."
        )
    ours = set(context.addresses) or {record.value}
    others = [one for one in answer.values if one not in ours]
    if record.value not in answer.values and not others:
        # nothing, or another one of ours
        return "missing", _add(record)
    if record.value not in answer.values:
        return "wrong", (
            f"Set the {record.type} record of {record.name} to {record.value}"
            f" instead of {text.shown(others[0])}."
        )
    if others:
        return "wrong", (
            f"Remove the {record.type} record {text.shown(others[0])} of {record.name}:"
            " it is not this instance's."
        )
    return "ok", ""


def _cname(record: Record, answer: Answer, context: Context) -> tuple[str, str]:
    values = [one.lower() for one in answer.values]
    if record.value.lower() in values:
        return "ok", ""
    if values:
        return "wrong", (
            f"Point the CNAME at {record.name} to {record.value} instead of"
            f" {text.shown(values[0])}."
        )
    elsewhere = context.elsewhere.get(record.name, ())
    if elsewhere and record.purpose == "web":
        if set(elsewhere) <= set(context.addresses):
            return "ok", ""
        return "wrong", (
            f"Replace the addresses of {record.name} by a CNAME to {record.value}"
        ) + " or by the instance's own."
    return "missing", _add(record)


def _mx(record: Record, answer: Answer, context: Context) -> tuple[str, str]:
    wanted, records = record.value.split()[1].lower(), _pairs(answer.values)
    if not records:
        return "missing", _add(record)
    mine = [preference for preference, host in records if host == wanted]
    if not mine:
        return "wrong", _foreign_mx(record, records[0][1], wanted)
    before = [host for level, host in records if host != wanted and level <= min(mine)]
    if before:
        return "wrong", (
            f"Remove the MX {text.shown(before[0])} of {record.name}, or give it a"
            f" higher number than that of {wanted}: it takes mail in its place."
        )
    return "ok", ""


def _foreign_mx(record: Record, host: str, wanted: str) -> str:
    shown = text.shown(host)
    if _is_address(host):
        return (
            f"Point the MX of {record.name} to {wanted} instead of {shown}:"
            " an MX names a host, never an address."
        )
    if host == ".":
        return f"Replace the null MX of {record.name}: it refuses all mail (RFC 7505)."
    return (
        f"Point the MX of {record.name} to {wanted} itself instead of {shown}:"
        " it has to be the host's own name and not an alias (RFC 2181 section 10.3)."
    )


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.rstrip("."))
    except ValueError:
        return False
    return True


def _pairs(values: tp.Iterable[str]) -> list[tuple[int, str]]:
    """Return the preference and the host of each MX, the preferred first."""
    pairs = [one.lower().split() for one in values]
    return sorted((int(one[0]), one[1]) for one in pairs if len(one) == 2)


def _ptr(record: Record, answer: Answer, context: Context) -> tuple[str, str]:
    # An alias is how a part of a block is delegated (RFC 2317), so it is no fault.
    values = [one.lower() for one in answer.values]
    if record.value in values:
        return "ok", ""
    host = record.value.rstrip(".")
    wish = f"Set the PTR record (reverse DNS) {record.name} to {host}"
    if not values:
        return "missing", f"{wish}."
    has_no_dot = values[0].startswith(record.value) and values[0].endswith(".arpa.")
    why = ", which lacks a dot at its end" if has_no_dot else ""
    return "wrong", f"{wish} instead of {text.shown(values[0])}{why}."


def _srv(record: Record, answer: Answer, context: Context) -> tuple[str, str]:
    port, host = record.value.lower().split()[2:]
    found = [one.lower().split()[2:] for one in answer.values]
    if not found:
        return "missing", _add(record)
    if found == [[port, host]]:
        return "ok", ""
    return "wrong", f"Set the SRV record at {record.name} to {record.value} alone."


def _tlsa(record: Record, answer: Answer, context: Context) -> tuple[str, str]:
    values = ["".join(one.lower().split()) for one in answer.values]
    if "".join(record.value.split()) in values:
        return "ok", ""
    if values:
        return "wrong", (
            f"Add the expected TLSA record at {record.name}: none of those there"
            " fits the certificate, so mail that insists on them is not delivered."
        )
    return "missing", _add(record)


_JUDGES: tp.Mapping[str, tp.Callable[[Record, Answer, Context], tuple[str, str]]] = {
    "A": _address,
    "AAAA": _address,
    "CNAME": _cname,
    "MX": _mx,
    "PTR": _ptr,
    "SRV": _srv,
    "TLSA": _tlsa,
}
