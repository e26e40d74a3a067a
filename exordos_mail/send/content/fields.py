# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Header fields as they are sent (RFC 5322), from what was checked."""

import collections.abc as abc

from exordos_mail.send.content import address, headers, words

#: What stands in To when nobody is named (RFC 5322 appendix A.1.3).
NOBODY = "undisclosed-recipients:;"


def text(name: str, value: str) -> str:
    """Return a field of free text."""
    if words.is_plain(value):
        return words.fold(name, words.pieces(value))
    return words.fold(name, words.encoded(value, words.LINE - len(name) - 2))


def given(name: str, value: str) -> str:
    """Return a field that the caller has set (headers.problem has judged it)."""
    if name.lower() not in headers.STRUCTURED or words.is_plain(value):
        return text(name, value)
    label, target = headers.named(value)
    return words.fold(name, [*words.phrase(label), target])


def mailboxes(name: str, boxes: abc.Sequence[address.Mailbox]) -> str:
    """Return a field of addresses, or nothing when there are none."""
    if not boxes:
        return ""
    parts: list[str] = []
    for box in boxes:
        parts += mailbox(box)
        parts[-1] += ","
    parts[-1] = parts[-1][:-1]
    return words.fold(name, parts)


def mailbox(box: address.Mailbox) -> list[str]:
    """Return an address with its name in parts between which a line may end."""
    if not box.name:
        return [box.address]
    return [*words.phrase(box.name), f"<{box.address}>"]
