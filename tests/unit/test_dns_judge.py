# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Verdicts on what several servers say, and SPF by evaluation.

Single faults have a table of their own: tests/integration/controlplane_dns.
"""

import time

import hypothesis
from hypothesis import strategies as st
import pytest

from exordos_mail.standards.dns import spf
from exordos_mail.standards.dns.judge import judge
from exordos_mail.standards.dns.record import Record
from exordos_mail.standards.dns.verdict import STATES, Answer, Context

RECORD = Record(
    "x1._domainkey.example.com", "TXT", "v=DKIM1; k=rsa; p=QUJD", "dkim", True
)
GOOD = Answer("ns1 (192.0.2.1)", "answered", (RECORD.value,))
NONE = Answer("ns2 (192.0.2.2)", "nxdomain")
SILENT = Answer("ns2 (192.0.2.2)", "silent")
OURS = "203.0.113.7"


def states(*answers: Answer, **context: str) -> tuple[str, str]:
    found = judge(RECORD, answers, Context(**context))  # type: ignore[arg-type]
    return found.state, found.fix


def test_all_servers_have_to_show_a_record() -> None:
    assert states(GOOD, GOOD) == ("ok", "")
    assert states(NONE, NONE)[0] == "missing"
    state, fix = states(GOOD, NONE)
    assert state == "waiting"
    assert "ns2 (192.0.2.2)" in fix


def test_a_server_that_does_not_answer_is_named() -> None:
    assert states(SILENT, SILENT)[0] == "unreachable"
    assert states()[0] == "unreachable"
    state, fix = states(GOOD, SILENT)
    assert state == "waiting"
    assert "ns2 (192.0.2.2), which does not answer" in fix


def test_what_does_not_validate_is_not_ok() -> None:
    assert states(GOOD, security="bogus")[0] == "insecure"
    assert states(NONE, security="bogus")[0] == "missing"


def known(**records: list[str]) -> dict[spf.Question, list[object]]:
    """Return SPF records by label below example.com; `a_x` is an address of x."""
    found: dict[spf.Question, list[object]] = {}
    for name, values in records.items():
        kind, _, label = name.rpartition("_")
        if kind:
            found[f"{label}.example.com", kind.upper()] = list(values)
        else:
            found[f"{label}.example.com", "TXT"] = [one.encode() for one in values]
    return found


def evaluated(text: str, **records: list[str]) -> spf.Evaluation:
    found = spf.evaluate(text, "example.com", [OURS], known(**records))
    assert isinstance(found, spf.Evaluation)
    return found


def test_spf_is_evaluated_and_not_compared() -> None:
    assert evaluated(f"v=spf1 ip4:{OURS}/24 -all").result == "pass"
    assert (
        evaluated(
            "v=spf1 include:i.example.com -all", i=[f"v=spf1 ip4:{OURS} -all"]
        ).result
        == "pass"
    )
    assert evaluated("v=spf1 ip4:198.51.100.1 -all").result == "fail"
    assert evaluated("v=spf1 ipv4:198.51.100.1 -all").result == "permerror"


def test_an_evaluation_asks_for_what_it_does_not_know() -> None:
    assert spf.evaluate("v=spf1 a:h.example.com -all", "example.com", [OURS], {}) == (
        "h.example.com",
        "A",
    )


def test_ten_look_ups_pass_and_eleven_do_not() -> None:
    def record(count: int) -> str:
        return " ".join(
            ["v=spf1", f"ip4:{OURS}", *("include:i.example.com",) * count, "-all"]
        )

    inner = ["v=spf1 ip4:198.51.100.1 -all"]
    assert evaluated(record(10), i=inner) == spf.Evaluation("pass", 10, 0, "")
    # also although our address is found before them
    found = evaluated(record(11), i=inner)
    assert (found.result, found.lookups) == ("permerror", 11)


def test_two_void_look_ups_pass_and_three_do_not() -> None:
    names = {"a_x": [], "a_y": [], "a_z": []}
    assert (
        evaluated(
            f"v=spf1 a:x.example.com a:y.example.com ip4:{OURS} -all", **names
        ).result
        == "pass"
    )
    found = evaluated(
        f"v=spf1 a:x.example.com a:y.example.com a:z.example.com ip4:{OURS} -all",
        **names,
    )
    assert (found.result, found.void_lookups) == ("permerror", 3)


def test_a_record_that_includes_itself_ends() -> None:
    found = evaluated(
        "v=spf1 redirect=i.example.com", i=["v=spf1 redirect=i.example.com"]
    )
    assert found.result == "permerror"


def test_a_proposal_keeps_what_the_tenant_has() -> None:
    merged = spf.merged("v=spf1 include:other.example -all", ["a:mail.example.com"])
    assert merged == "v=spf1 a:mail.example.com include:other.example -all"
    assert spf.merged(merged, ["a:mail.example.com"]) == merged
    both = ["v=spf1 mx -all", "v=spf1 include:other.example mx ~all"]
    assert spf.union(both) == "v=spf1 mx include:other.example -all"


@pytest.mark.parametrize(
    ("host", "text", "is_operators"),
    [
        ("smtp.mail.example", "v=spf1 include:mail.example -all", True),
        ("smtp.mail.example", "v=spf1 +include:_spf.mail.example. -all", True),
        ("smtp.mail.example", "v=spf1 redirect=_spf.mail.example", True),
        ("smtp.mail.example", "v=spf1 INCLUDE:_SPF.Mail.Example -all", True),
        ("smtp.mail.example", "v=spf1 -include:mail.example -all", False),
        ("smtp.mail.example", "v=spf1 include:notmail.example -all", False),
        ("smtp.mail.example", "v=spf1 a:mail.example -all", False),
        ("smtp.mail.co.uk", "v=spf1 include:spf.other.co.uk -all", False),
        ("smtp.mail.co.uk", "v=spf1 include:spf.mail.co.uk -all", True),
        # the tenant's own, of which all names have the same end
        ("smtp.tenant.example", "v=spf1 include:spf.tenant.example -all", False),
    ],
)
def test_an_include_of_a_smarthosts_operator_is_known_by_its_name(
    host: str, text: str, is_operators: bool
) -> None:
    assert spf.names_operator(text, host, "tenant.example") is is_operators


def test_one_of_two_addresses_that_lacks_is_missing() -> None:
    context = Context(addresses=(OURS, "203.0.113.8"))
    record = Record("mail.example.com", "A", "203.0.113.8", "host", True)
    found = judge(record, [Answer("ns", "answered", (OURS,))], context)
    assert (found.state, found.fix[:14]) == ("missing", "Add a A record")


@hypothesis.settings(max_examples=200, deadline=None)
@hypothesis.given(
    text=st.text(
        st.sampled_from("avmxspf1:=/%{}.+-~? ieincludexstr46dall\x00\u202e"),
        max_size=300,
    )
)
def test_no_record_breaks_the_evaluation(text: str) -> None:
    answers: dict[spf.Question, list[object]] = {}
    for _ in range(spf.QUESTIONS_MAX):
        found = spf.evaluate("v=spf1 " + text, "example.com", [OURS], answers)
        if isinstance(found, spf.Evaluation):
            break
        answers[found] = []
    else:
        pytest.fail("no end")


@pytest.mark.parametrize(
    "unit",
    [
        "a:" + "a." * 60 + "com ",
        "%{i",
        "ip4:1.2.3.4/",
        "exists:%{ir}.",
        "-" * 60,
        "a=" * 30,
    ],
)
def test_a_long_record_costs_little(unit: str) -> None:
    text = ("v=spf1 " + unit * spf.LENGTH_MAX)[: spf.LENGTH_MAX]
    began = time.process_time()
    spf.evaluate(text, "example.com", [OURS], {})
    assert time.process_time() - began < 1.0
    found = spf.evaluate(text + "x", "example.com", [OURS], {})
    assert isinstance(found, spf.Evaluation)
    assert found.result == "permerror"


@hypothesis.settings(max_examples=200, deadline=None)
@hypothesis.given(
    values=st.lists(
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80),
        max_size=4,
    ),
    purpose=st.sampled_from(["spf", "dkim", "dmarc", "mta_sts", "tls_rpt", "proof"]),
)
def test_every_text_has_a_verdict(values: list[str], purpose: str) -> None:
    wanted = {
        "spf": "v=spf1 a:mail.example.com ~all",
        "dkim": RECORD.value,
        "dmarc": "v=DMARC1; p=none",
        "mta_sts": "v=STSv1; id=1",
        "tls_rpt": "v=TLSRPTv1; rua=mailto:t@example.com",
        "proof": "exordos-mail=abc",
    }[purpose]
    record = Record("n.example.com", "TXT", wanted, purpose, True)
    found = judge(record, [Answer("ns", "answered", tuple(values))])
    assert found.state in STATES
    assert bool(found.fix) is (found.state != "ok")


@pytest.mark.parametrize("result", [*spf.RESULTS, ""])
def test_every_result_of_spf_has_a_verdict(result: str) -> None:
    record = Record("example.com", "TXT", "v=spf1 a:m.example.com ~all", "spf", True)
    text = "v=spf1 include:i.example.com -all"
    outcomes = {text: spf.Evaluation(result, 1, 0, "why")} if result else {}
    answers = [Answer("ns1", "answered", (text,)), Answer("ns2", "answered", (text,))]
    found = judge(record, answers, Context(evaluations=outcomes))
    waits = result in ("temperror", "")
    assert found.state == (
        "waiting" if waits else "ok" if result == "pass" else "wrong"
    )
    assert bool(found.fix) is (result != "pass")
