# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a node sees of things that the control plane knows: the latest of each.

A kind such as "health" has facts by key, mostly the uuid of a row: JSON objects whose
shape is the kind's own. What is told later stands in the place of what was told before.
"""

import collections.abc as abc
import json
import re
import typing as tp

#: Facts of some things of one kind, by their keys.
Facts = tp.Mapping[str, tp.Mapping[str, tp.Any]]

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
#: Quotes, colon and comma around a key, as `messages` writes them.
_AROUND, _BRACES = 4, 2


def are_facts(value: tp.Any) -> bool:
    """Return whether a value of JSON has the shape of facts."""
    return isinstance(value, dict) and all(
        _KEY.match(key) and isinstance(fact, dict) for key, fact in value.items()
    )


def batches(facts: Facts, octets: int) -> abc.Iterator[Facts]:
    """Yield the facts in parts whose JSON has at most so many octets.

    Raises:
        ValueError: those of one key are larger than that.
    """
    pending: dict[str, tp.Mapping[str, tp.Any]] = {}
    size = _BRACES
    for key, fact in facts.items():
        more = len(text(fact)) + len(key) + _AROUND
        if _BRACES + more > octets:
            raise ValueError(f"facts of {key} have more than {octets} octets")
        if pending and size + more > octets:
            yield pending
            pending, size = {}, _BRACES
        pending[key] = fact
        size += more
    if pending:
        yield pending


def text(fact: tp.Mapping[str, tp.Any]) -> str:
    """Return the JSON of a fact, the same for the same."""
    return json.dumps(fact, separators=(",", ":"), sort_keys=True)
