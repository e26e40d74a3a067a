# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the messages of a batch have in common, for those that do not say it.

A message's own value is the one that counts. Header fields and metadata are put
together, by name. What a whole message (`raw`) says itself is not said for it.
"""

import msgspec

from exordos_mail.send import limits
from exordos_mail.send.content import check, request

#: Stand for what each message says by itself, when defaults are judged alone.
_AUTHOR, _RECIPIENT = "author@example.com", "recipient@example.com"
_NOT_WITH_RAW = frozenset({"from_", "reply_to", "headers"})
_TOGETHER = frozenset({"headers", "metadata"})
_encode = msgspec.json.Encoder().encode


def apply(given: request.MessageIn, defaults: request.DefaultsIn) -> None:
    """Give a message what it does not say itself."""
    for name in request.DefaultsIn.__struct_fields__:
        value = getattr(defaults, name)
        if not value and value in (None, msgspec.UNSET, {}):
            continue
        if given.raw is not None and name in _NOT_WITH_RAW:
            continue
        own = getattr(given, name)
        if name in _TOGETHER:
            setattr(given, name, _together(value, own, name == "headers"))
        elif own is None or own is msgspec.UNSET:
            setattr(given, name, value)


def errors(defaults: request.DefaultsIn, now: int) -> list[check.FieldError]:
    """Return what is wrong with defaults, whichever message they are for."""
    if len(_encode(defaults)) > limits.BATCH_DEFAULTS.value:
        return [check.FieldError("defaults", limits.BATCH_DEFAULTS.said())]
    some = request.MessageIn(to=_RECIPIENT, text="")
    apply(some, defaults)
    some.from_ = some.from_ or _AUTHOR
    try:
        check.check(some, now)
    except check.Invalid as error:
        return [
            check.FieldError(f"defaults.{one.field}", one.message)
            for one in error.errors
        ]
    return []


def _together(
    defaults: dict[str, str], own: dict[str, str], any_case: bool
) -> dict[str, str]:
    """Return the members of both; a message's own stand for those of their names."""
    if not own:
        return defaults
    if not any_case:
        return {**defaults, **own}
    names = {name.lower() for name in own}
    more = {name: text for name, text in defaults.items() if name.lower() not in names}
    return {**more, **own}
