# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""SPF: whether a record lets an address send, and what it costs to find out (RFC 7208).

The rules are pyspf's. It is given what the DNS says instead of asking by itself: a
question that has no answer yet ends the evaluation, and the caller comes back with it.
"""

import dataclasses
import ipaddress
import re
import typing as tp

import spf as pyspf

from exordos_mail.standards.dns.record import is_below

#: A record may be this long, in octets; longer ones are refused unread. RFC 7208
#: section 3.4 has 450 as what always fits into one UDP answer.
LENGTH_MAX = 4096

#: RFC 7208 section 2.6.
RESULTS = (
    "pass",
    "fail",
    "softfail",
    "neutral",
    "none",
    "temperror",
    "permerror",
)

#: RFC 7208 section 4.6.4.
LOOKUPS_MAX, VOID_LOOKUPS_MAX = pyspf.MAX_LOOKUP, pyspf.MAX_VOID_LOOKUPS

#: Questions of one evaluation: ten mechanisms, each of which may be an `mx` of hosts.
QUESTIONS_MAX = 140

#: Address that no record names: its evaluation visits every mechanism.
_NOBODY = "240.0.0.1"

Question = tuple[str, str]
#: By name in lower case and type: texts as octets, addresses, (preference, host).
Known = tp.Mapping[Question, tp.Sequence[tp.Any]]


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """What came of a record.

    Attributes:
        result: pass, fail, softfail, neutral, none, temperror, permerror (RFC 7208
            section 2.6), for the worst of the addresses.
        lookups: look-ups of the whole record, whoever sends; at most one more
            than are allowed.
        void_lookups: those among them that found nothing.
        problem: of an error, in pyspf's words; else "".
    """

    result: str
    lookups: int
    void_lookups: int
    problem: str


class _Unanswered(BaseException):
    """A question that `Known` does not hold; no `except Exception` takes it."""

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.question = question


class _Query(pyspf.query):
    """pyspf's evaluation on what is known."""

    def __init__(self, address: str, domain: str, known: Known) -> None:
        super().__init__(i=address, s=f"postmaster@{domain}", h=domain)
        self._known = known

    def dns(
        self, name: str, qtype: str, cnames: object = None, ignore_void: bool = False
    ) -> list[tp.Any]:
        """Return what is known, in the forms of pyspf."""
        question = (str(name).rstrip(".").lower(), qtype)
        if question not in self._known:
            raise _Unanswered(question)
        found = list(self._known[question])
        if not found and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > VOID_LOOKUPS_MAX:
                raise pyspf.PermError(
                    f"Void lookup limit of {VOID_LOOKUPS_MAX} exceeded"
                )
        if qtype == "TXT":
            return [(one,) for one in found]
        if qtype in ("A", "AAAA"):
            return [ipaddress.ip_address(one) for one in found]
        return found

    def get_explanation(self, spec: str) -> None:
        """Ask for no explanation: nobody reads it."""


def is_one(text: str) -> bool:
    """Tell whether a text is meant to be an SPF record (RFC 7208 section 4.5)."""
    return re.match(r"v=spf1( |\Z)", text, re.IGNORECASE) is not None


def evaluate(
    text: str, domain: str, addresses: tp.Sequence[str], known: Known
) -> Evaluation | Question:
    """Evaluate a record for the addresses that have to pass.

    Returns:
        What came of it, or a question whose answer `known` lacks.
    """
    if len(text) > LENGTH_MAX:
        return Evaluation("permerror", 0, 0, f"longer than {LENGTH_MAX} octets")
    try:
        whole = _evaluate(text, domain, _NOBODY, known)
        if whole.result in ("permerror", "temperror"):
            return whole
        for address in addresses:
            one = _evaluate(text, domain, address, known)
            if one.result != "pass":
                return dataclasses.replace(
                    one, lookups=whole.lookups, void_lookups=whole.void_lookups
                )
    except _Unanswered as unanswered:
        return unanswered.question
    return dataclasses.replace(whole, result="pass") if addresses else whole


def _evaluate(text: str, domain: str, address: str, known: Known) -> Evaluation:
    query = _Query(address, domain, known)
    try:
        result, _, why = query.check(text)
    except (ValueError, LookupError, TypeError, AssertionError) as error:
        # pyspf on input that it did not expect
        result, why = "permerror", type(error).__name__
    problem = str(why) if result in ("permerror", "temperror") else ""
    return Evaluation(
        str(result),
        query.lookups,
        query.void_lookups,
        problem.removeprefix("SPF Permanent Error: "),
    )


def merged(text: str, mechanisms: tp.Sequence[str]) -> str:
    """Return a tenant's own record with mechanisms that it lacks.

    They come first, where they cost the fewest look-ups of those who check our mail
    and nothing that stands before can refuse it.
    """
    terms = [one for one in text.split(" ") if one]
    have = {one.lower().removeprefix("+") for one in terms}
    new = [one for one in mechanisms if one.lower() not in have]
    return " ".join([*terms[:1], *new, *terms[1:]])


def names_operator(text: str, host: str, domain: str) -> bool:
    """Tell whether a record hands over to the operator of a host, by its own name.

    Operators often send by other addresses than those that they take mail at, and have
    an `include:` with all of them. Its name is taken for theirs if it ends as the
    host's does: two labels are the same, or three below what looks like `co.uk`. In
    the tenant's own domain all names end so, and nothing is known of them.
    """
    if is_below(host, domain):
        return False
    end = _end(host)
    names = re.findall(r"(?:\s[+]?include:|\sredirect=)(\S+)", text.lower())
    return any(is_below(one.rstrip("."), end) for one in names)


def _end(host: str) -> str:
    labels = host.split(".")
    is_country = len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3 if is_country else -2 :])


def union(texts: tp.Sequence[str]) -> str:
    """Return one record with the terms of several, with one `all` or `redirect`."""
    terms = [one for text in texts for one in text.split(" ")[1:] if one]
    ends = [one for one in terms if re.match(r"[-+~?]?all\Z|redirect=", one, re.I)]
    others = [one for one in dict.fromkeys(terms) if one not in ends]
    return " ".join(["v=spf1", *others, *ends[:1]])
