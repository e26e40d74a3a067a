# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a receiver's answer means."""

import pytest

from exordos_mail.send.webhooks.answer import PAUSE_MAX, Kind, judge

NOW = 1_800_000_000_000


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_takes_the_batch(status: int) -> None:
    assert judge(status, None, b"", NOW) == (Kind.TAKEN, "", 0)


@pytest.mark.parametrize("status", [100, 301, 302, 307, 400, 401, 404, 429, 500, 503])
def test_anything_else_does_not(status: int) -> None:
    verdict = judge(status, None, b"", NOW)
    assert verdict.kind is Kind.FAILED
    assert str(status) in verdict.reason


def test_410_ends_it() -> None:
    assert judge(410, None, b"", NOW).kind is Kind.GONE


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("120", NOW + 120_000),
        ("0", NOW),
        ("99999999999999999999", NOW + PAUSE_MAX),
        ("soon", 0),
        ("-5", 0),
        (None, 0),
    ],
)
def test_retry_after(field: str | None, expected: int) -> None:
    assert judge(503, field, b"", NOW).not_before == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"next_sync_after": 1800003600}', NOW + 3_600_000),
        (b'{"next_sync_after": 1800003600.5, "ok": true}', NOW + 3_600_500),
        (b'{"next_sync_after": 1}', 0),
        (b'{"next_sync_after": null}', 0),
        (b'{"next_sync_after": "later"}', 0),
        (b'{"next_sync_after": 1e300}', NOW + PAUSE_MAX),
        (b'{"next_sync_after": -1e300}', 0),
        (b"{}", 0),
        (b"[]", 0),
        (b"OK", 0),
        (b"\xff\xfe", 0),
        (b"[" * 60_000, 0),
    ],
)
def test_next_sync_after(body: bytes, expected: int) -> None:
    assert judge(200, None, body, NOW) == (Kind.TAKEN, "", expected)


def test_next_sync_after_of_a_failure_means_nothing() -> None:
    assert judge(500, None, b'{"next_sync_after": 1800003600}', NOW).not_before == 0
