# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Reports about TLS: the example of RFC 8460, and what attackers send."""

import datetime
import gzip
import json
import tracemalloc
import typing as tp

import pytest

from exordos_mail.standards import tls_report

# RFC 8460 appendix B, shortened.
_EXAMPLE: dict[str, tp.Any] = {
    "organization-name": "Company-X",
    "date-range": {
        "start-datetime": "2016-04-01T00:00:00Z",
        "end-datetime": "2016-04-01T23:59:59Z",
    },
    "contact-info": "sts-reporting@company-x.example",
    "report-id": "5065427c-23d3-47ca-b6e0-946ea0e8c4be",
    "policies": [
        {
            "policy": {
                "policy-type": "sts",
                "policy-string": ["version: STSv1", "mode: testing"],
                "policy-domain": "company-y.example",
                "mx-host": ["*.mail.company-y.example"],
            },
            "summary": {
                "total-successful-session-count": 5326,
                "total-failure-session-count": 303,
            },
            "failure-details": [
                {
                    "result-type": "certificate-expired",
                    "sending-mta-ip": "2001:db8:abcd:0012::1",
                    "receiving-mx-hostname": "mx1.mail.company-y.example",
                    "failed-session-count": 100,
                },
            ],
        }
    ],
}
_TEXT = json.dumps(_EXAMPLE).encode()
_END = datetime.datetime(2016, 4, 1, 23, 59, 59, tzinfo=datetime.timezone.utc)


def _changed(path: str, value: tp.Any) -> bytes:
    document = json.loads(_TEXT)
    *way, last = path.split("/")
    place = document
    for step in way:
        place = place[int(step) if step.isdigit() else step]
    place[last] = value
    return json.dumps(document).encode()


_KIND = "policies/0/policy/policy-type"
_FAILURES = "policies/0/summary/total-failure-session-count"


@pytest.mark.parametrize("content", [_TEXT, gzip.compress(_TEXT)])
def test_example_of_the_rfc_is_read(content):
    report = tls_report.read(content)
    assert report.organization_name == "Company-X"
    (policy,) = report.policies
    assert policy.summary.total_successful_session_count == 5326
    assert policy.failure_details[0].result_type == "certificate-expired"
    assert report.failed_at("company-y.example") == _END


def test_failure_is_one_of_this_domain_and_of_its_policy():
    assert tls_report.read(_TEXT).failed_at("example.com") is None
    for path, value in ((_KIND, "tlsa"), (_KIND, "no-policy-found"), (_FAILURES, 0)):
        report = tls_report.read(_changed(path, value))
        assert report.failed_at("company-y.example") is None
    spelled = _changed("policies/0/policy/policy-domain", "Company-Y.example.")
    assert tls_report.read(spelled).failed_at("company-y.example") == _END


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        _TEXT[:-1],
        _TEXT + b"x",
        b"[" * 500_000,
        b'{"x":' * 100_000,
        b'{"policies":' + b"[" * 500_000,
        gzip.compress(_TEXT)[:-5],
        gzip.compress(_TEXT) + b"x",
        gzip.compress(_TEXT) * 2,
        gzip.compress(gzip.compress(_TEXT)),
        b"\x1f\x8bnonsense",
        b" " * (tls_report.CONTENT_MAX + 1),
        _changed(_FAILURES, -1),
        _changed(_FAILURES, 1e300),
        _changed(_FAILURES, 10**30),
        _changed(_FAILURES, "3"),
        _changed("report-id", "x" * 100_000),
        _changed("date-range/end-datetime", "yesterday"),
        _changed("date-range/end-datetime", "2016-04-01T23:59:59"),
        _changed("policies", [_EXAMPLE["policies"][0]] * 1_001),
        _changed("policies/0/failure-details", [{"result-type": "x"}] * 1_001),
    ],
)
def test_what_is_no_report_is_refused(content):
    with pytest.raises(tls_report.ReportError) as caught:
        tls_report.read(content)
    assert "company" not in str(caught.value)


def test_bomb_costs_no_more_than_a_large_report():
    bomb = gzip.compress(b" " * 200 * 1024 * 1024)
    assert len(bomb) < tls_report.CONTENT_MAX
    tracemalloc.start()
    try:
        with pytest.raises(tls_report.ReportError, match="octets of JSON"):
            tls_report.read(bomb)
        assert tracemalloc.get_traced_memory()[1] < 3 * tls_report.TEXT_MAX
    finally:
        tracemalloc.stop()
