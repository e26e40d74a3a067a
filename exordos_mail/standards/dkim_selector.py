# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Selectors of DKIM keys: names that no two keys of a domain ever share.

A selector names one record in the domain's DNS (RFC 6376 section 3.1). A domain may
have several instances, each with keys of its own, so an instance's mark is in each. A
key whose record stands in the domain itself gets a selector of the day, which is never
used again. Where the domain has aliases into the operator's zone instead, there are
three fixed selectors: for the key that signs, the one before and the one after it.
"""

import collections.abc as abc
import datetime
import hashlib
import itertools
import re
import uuid as sys_uuid

from exordos_mail.standards import dkim, rule

#: Longest selector: one label of a name (RFC 1035 section 2.3.4).
SELECTOR_MAX = 63
SELECTOR_PATTERN = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z"
SELECTOR_RULE = (
    "1 to 63 lower-case letters, digits and hyphens, with no hyphen at either end"
)
#: How many fixed selectors a domain has.
FIXED = 3

_LETTERS = {dkim.RSA_SHA256: "r", dkim.ED25519_SHA256: "e"}
_MARK_LENGTH = 12  # hexadecimal digits


def check_selector(value: object) -> str:
    """Return `value` if it may be a selector of somebody's own choice.

    Raises:
        RuleError: it may not.
    """
    if not isinstance(value, str) or not re.match(SELECTOR_PATTERN, value):
        raise rule.RuleError(SELECTOR_RULE)
    return value


def of_day(
    instance: sys_uuid.UUID,
    algorithm: str,
    day: datetime.date,
    taken: abc.Container[str],
) -> str:
    """Return the selector of a new key: `x<day>-<mark of the instance><r|e>`.

    Args:
        instance: the key's.
        algorithm: one of `dkim.ALGORITHMS`.
        day: of the key's creation.
        taken: selectors of other keys; a second key of a day gets a number.
    """
    base = f"x{day:%Y%m%d}-{_mark(instance.bytes)}{_LETTERS[algorithm]}"
    numbered = (f"{base}{n}" for n in itertools.count(2))
    return next(one for one in itertools.chain((base,), numbered) if one not in taken)


def fixed(instance: sys_uuid.UUID) -> tuple[str, ...]:
    """Return the selectors whose names are aliases into the operator's zone."""
    return tuple(f"x{n}-{_mark(instance.bytes)}" for n in range(1, FIXED + 1))


def target(selector: str, domain: str, zone: str) -> str:
    """Return the name in the operator's zone that a fixed selector's name leads to."""
    return f"{selector}.{_mark(domain.encode())}._domainkey.{zone}"


def _mark(octets: bytes) -> str:
    # Of a digest: a client chooses the uuid, and may choose neighbours.
    return hashlib.sha256(octets).hexdigest()[:_MARK_LENGTH]
