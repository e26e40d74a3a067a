# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a receiver's answer means."""

import enum
import typing as tp

import msgspec

from exordos_mail.send.attachments import answers

#: Milliseconds: no receiver holds up its events for longer at a time.
PAUSE_MAX = 24 * 3600 * 1000
_GONE = 410


class Kind(enum.Enum):
    """What happens next."""

    #: The cursor moves.
    TAKEN = "taken"
    #: The same batch is sent again, by the schedule.
    FAILED = "failed"
    #: The same, but the receiver has no part in it, so it is never given up.
    HELD = "held"
    #: Nothing is sent until somebody switches the webhook on again.
    GONE = "gone"


class WebhookVerdict(tp.NamedTuple):
    """The meaning of one attempt."""

    kind: Kind
    #: For people, without a secret.
    reason: str = ""
    #: The receiver wants to be left alone until then; milliseconds since 1970.
    not_before: int = 0


class _Wishes(msgspec.Struct):
    #: Seconds since 1970.
    next_sync_after: float | None = None


_decode = msgspec.json.Decoder(_Wishes).decode


def judge(
    status: int, retry_after: str | None, body: bytes, now: int
) -> WebhookVerdict:
    """Return what an answer means.

    Args:
        status: any 2xx takes the batch; a redirect does not, and is not followed.
        retry_after: the field `Retry-After` (RFC 9110 section 10.2.3).
        body: of a 2xx; JSON with `next_sync_after` asks for a pause.
        now: milliseconds since 1970.
    """
    seconds = answers.seconds(retry_after)
    not_before = 0 if seconds is None else now + int(seconds * 1000)
    if 200 <= status < 300:
        not_before = max(not_before, _next_sync(body, now))
        return WebhookVerdict(Kind.TAKEN, not_before=not_before)
    reason = f"the receiver answered {status}"
    if status == _GONE:
        return WebhookVerdict(Kind.GONE, reason)
    return WebhookVerdict(Kind.FAILED, reason, not_before)


def _next_sync(body: bytes, now: int) -> int:
    try:
        wished = _decode(body).next_sync_after
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # Most receivers answer with any text: that is not an error.
        return 0
    if wished is None or wished * 1000 <= now:
        return 0
    return min(int(min(wished, 1e12) * 1000), now + PAUSE_MAX)
