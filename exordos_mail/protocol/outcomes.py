# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What became of messages, as a node tells its gateway.

delivered   the recipient's server has taken it
relayed     the smarthost has taken it
delayed     it is still tried; only the first deferral is told
bounced     it was refused
expired     it was given up after all retries
"""

import collections.abc as abc
import dataclasses
import json
import re
import typing as tp

from exordos_mail.schema import delivery

STATES = delivery.STATES

#: Longest texts in characters. What comes from a remote host is cut with `fitted`.
LENGTHS = delivery.LENGTHS

_ID = re.compile(r"[0-9a-f]{32}\Z")
_ENHANCED = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}\Z")
#: Controls, ends of lines, halves of surrogate pairs, and marks that turn the direction
#: of what follows. Not `isprintable`: two versions of Python differ about that.
_UNFIT = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u202a-\u202e\u2066-\u2069]"
)
#: The last millisecond that a date of PostgreSQL, Python and RFC 3339 can have.
_END = 253_402_300_799_999
#: Both marks of a list and the commas between its members, as `messages` writes them.
_BRACKETS, _COMMA = 2, 1


class OutcomeError(ValueError):
    """A value is no outcome; the text names the field and holds no value."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a message for one recipient, as the node's exim logs it.

    One that is invalid is not made (OutcomeError): the gateway would close the
    connection of a node that tells it.

    Attributes:
        id: 32 hexadecimal digits of the SHA-256 of the log's line, so that a line that
            is read twice is one outcome.
        at: when it happened, milliseconds since 1970.
        state: one of STATES.
        queue_id: exim's identifier of the message.
        accepted_at: when exim took the message, milliseconds since 1970; 0: unknown.
        login: address of the account that sent it; "": no account did, but the send
            service or exim itself.
        sender: envelope sender, "" for `<>`.
        recipient: the address as it was given to exim.
        message_id: Message-ID without `<>`, "" without one.
        host, address: name and IP address of the remote host, "" if none was reached.
        tls: such as "TLS1.3 verified", "TLS1.2" or "dane", "" without TLS.
        code: SMTP reply code, 200 to 599, if there was one.
        enhanced: enhanced status code (RFC 3463), if there was one.
        reply: words of the remote host or of exim, one line.
    """

    id: str
    at: int
    state: str
    queue_id: str
    accepted_at: int
    login: str
    sender: str
    recipient: str
    message_id: str
    host: str
    address: str
    tls: str
    code: int | None
    enhanced: str | None
    reply: str

    def __post_init__(self) -> None:
        """Check every field."""
        for name, fits in _FITS.items():
            if not fits(getattr(self, name)):
                raise OutcomeError(f"{name} of an outcome is invalid")

    def to_dict(self) -> dict[str, tp.Any]:
        """Return it as JSON has it."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, value: tp.Any) -> "Outcome":
        """Return the outcome of its JSON.

        Raises:
            OutcomeError: it is none.
        """
        if not isinstance(value, dict):
            raise OutcomeError("an outcome is no object")
        if set(value) != set(_FITS):
            raise OutcomeError("an outcome has other fields than it should")
        return cls(**value)


def fitted(name: str, text: str) -> str:
    """Return any text as the field `name` takes it: one line without controls, cut."""
    return _UNFIT.sub(" ", text).strip()[: LENGTHS[name]].rstrip()


def batches(
    outcomes: abc.Iterable[Outcome], octets: int
) -> abc.Iterator[list[Outcome]]:
    """Yield the outcomes in lists whose JSON has at most so many octets.

    An outcome that is larger by itself is sent alone, but none has 40,000 octets.
    """
    pending: list[Outcome] = []
    size = _BRACKETS
    for one in outcomes:
        more = _size(one) + _COMMA
        if pending and size + more > octets:
            yield pending
            pending, size = [], _BRACKETS
        pending.append(one)
        size += more
    if pending:
        yield pending


def _size(outcome: Outcome) -> int:
    return len(json.dumps(outcome.to_dict(), separators=(",", ":")))


def _is_moment(value: tp.Any) -> bool:
    return type(value) is int and 0 <= value <= _END


def _is_code(value: tp.Any) -> bool:
    return value is None or (type(value) is int and 200 <= value <= 599)


def _is_enhanced(value: tp.Any) -> bool:
    return value is None or _matches(_ENHANCED)(value)


def _matches(pattern: re.Pattern[str]) -> tp.Callable[[tp.Any], bool]:
    return lambda value: isinstance(value, str) and bool(pattern.match(value))


def _is_line(most: int) -> tp.Callable[[tp.Any], bool]:
    return lambda value: (
        isinstance(value, str) and len(value) <= most and not _UNFIT.search(value)
    )


#: How each field is checked.
_FITS: dict[str, tp.Callable[[tp.Any], bool]] = {
    "id": _matches(_ID),
    "at": _is_moment,
    "state": lambda value: isinstance(value, str) and value in STATES,
    "accepted_at": _is_moment,
    "code": _is_code,
    "enhanced": _is_enhanced,
    **{name: _is_line(most) for name, most in LENGTHS.items()},
}
