# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the answer of a server means for an attachment."""

import email.utils
import time

from exordos_mail.send.attachments.failures import (
    Failure,
    PermanentFailure,
    TemporaryFailure,
)

#: RFC 9110 sections 15.5.9, RFC 8470 section 5.2, RFC 6585 section 4.
_TEMPORARY = {408, 425, 429}
#: A server may ask for more patience than a message has.
_RETRY_AFTER_MAX = 24 * 3600.0


def failure(who: str, status: int, retry_after: str | None = None) -> Failure:
    """Return what an HTTP status other than success means.

    Args:
        who: name of the server or the storage, for the reason.
        status: the HTTP status.
        retry_after: the field `Retry-After` as it came.
    """
    reason = f"{who} answered {status}"
    if status in _TEMPORARY or status >= 500:
        return TemporaryFailure(reason, seconds(retry_after))
    return PermanentFailure(reason)


def seconds(retry_after: str | None) -> float | None:
    """Return the seconds of a `Retry-After` (RFC 9110 section 10.2.3).

    Either form; None if it is absent or makes no sense; a day at the most.
    """
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdecimal():
        # More digits than a day has: as good as a day, and no huge number.
        return min(float(text[:9]), _RETRY_AFTER_MAX)
    try:
        moment = email.utils.parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(moment - time.time(), 0.0), _RETRY_AFTER_MAX)
