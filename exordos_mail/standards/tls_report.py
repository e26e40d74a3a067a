# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Reports about TLS between mail servers, as others send them (RFC 8460 section 4).

Anybody can send one, so nothing in it is believed but what it is about: how often
senders could not keep to a policy. What it may cost to read is bounded.
"""

import datetime
import typing as tp
import zlib

import msgspec

#: Most octets of a report as it comes, and as JSON.
CONTENT_MAX, TEXT_MAX = 1024 * 1024, 8 * 1024 * 1024
#: Most policies of a report, and kinds of failures of each.
_ITEMS_MAX = 1_000
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP = 16 + zlib.MAX_WBITS

_Count = tp.Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Text = tp.Annotated[str, msgspec.Meta(max_length=1_000)]
_Moment = tp.Annotated[datetime.datetime, msgspec.Meta(tz=True)]


class ReportError(ValueError):
    """This is no report that can be read; the text holds nothing of it."""


class _Struct(msgspec.Struct, rename="kebab", frozen=True):
    pass


class DateRange(_Struct, frozen=True):
    """The time that a report is about."""

    start_datetime: _Moment
    end_datetime: _Moment


class PolicyName(_Struct, frozen=True):
    """Which policy it was: `sts`, `tlsa` or `no-policy-found`."""

    policy_type: _Text
    policy_domain: _Text


class Summary(_Struct, frozen=True):
    """How many sessions there were."""

    total_successful_session_count: _Count
    total_failure_session_count: _Count


class FailedSessions(_Struct, frozen=True):
    """A kind of failure (RFC 8460 section 4.3) and how often it was."""

    result_type: _Text
    failed_session_count: _Count = 0


class PolicyResult(_Struct, frozen=True):
    """What became of one policy."""

    policy: PolicyName
    summary: Summary
    failure_details: tp.Annotated[
        tuple[FailedSessions, ...], msgspec.Meta(max_length=_ITEMS_MAX)
    ] = ()


class Report(_Struct, frozen=True):
    """A report of one sender."""

    organization_name: _Text
    date_range: DateRange
    report_id: _Text
    policies: tp.Annotated[
        tuple[PolicyResult, ...], msgspec.Meta(max_length=_ITEMS_MAX)
    ]

    def failed_at(self, domain: str) -> datetime.datetime | None:
        """Return until when senders could not keep to the MTA-STS policy of a domain.

        None: the report tells of no failure. A policy that was not found is no failure
        of it: nobody was kept from sending.
        """
        failures = sum(
            one.summary.total_failure_session_count
            for one in self.policies
            if one.policy.policy_type == "sts"
            and one.policy.policy_domain.rstrip(".").lower() == domain
        )
        return self.date_range.end_datetime if failures else None


_DECODER = msgspec.json.Decoder(Report)


def read(content: bytes) -> Report:
    """Return a report, which is JSON or gzip of it (section 5.1).

    Raises:
        ReportError: it is too large, broken, or says something else.
    """
    if len(content) > CONTENT_MAX:
        raise ReportError(f"a report has at most {CONTENT_MAX} octets")
    text = _unpacked(content) if content.startswith(_GZIP_MAGIC) else content
    try:
        return _DECODER.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise ReportError("this is no report of RFC 8460 section 4.4") from None


def _unpacked(content: bytes) -> bytes:
    """Return what was compressed, no more of it than may be."""
    unpacker = zlib.decompressobj(_GZIP)
    try:
        text = unpacker.decompress(content, TEXT_MAX)
    except zlib.error:
        raise ReportError("the report's compression is broken") from None
    if unpacker.unconsumed_tail:
        raise ReportError(f"a report has at most {TEXT_MAX} octets of JSON")
    if not unpacker.eof or unpacker.unused_data:
        raise ReportError("the report's compression is broken")
    return text
