# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How mail leaves a node, checked once more before anything is written.

    outbound    {"outbound": {"smarthost": host or null, "port": ..., "tls": ...,
                 "username": ..., "password": ..., "family": ..., "address": ...,
                 "return_path": ...}}

No error text holds a value.
"""

import dataclasses
import typing as tp

from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.standards import relay, rule, smarthost

COLLECTION = "outbound"
_PORT_MAX = 65535

_FIELDS = {one.name for one in dataclasses.fields(smarthost.Way)}


def parse(documents: tp.Mapping[str, tp.Any]) -> smarthost.Way:
    """Return how the documents of the collection have mail leave.

    Raises:
        SpecError: they break a rule.
    """
    if not documents:
        return smarthost.Way()
    document = documents.get(COLLECTION)
    if not isinstance(document, dict) or document.keys() != _FIELDS:
        raise spec_lib.SpecError("how mail leaves has the wrong fields")
    way = smarthost.Way(**document)
    try:
        _check(way)
    except rule.RuleError:
        raise spec_lib.SpecError("how mail leaves breaks the rule of a field") from None
    found = smarthost.fault(way)
    if found is not None:
        raise spec_lib.SpecError(f"how mail leaves: {found[0]}: {found[1]}")
    return way


def _check(way: smarthost.Way) -> None:
    checks: list[tuple[object, tp.Callable[[object], str]]] = [
        (way.smarthost, smarthost.check_host),
        (way.username, relay.check_credential),
        (way.password, relay.check_credential),
        (way.address, smarthost.check_source),
    ]
    for value, check in checks:
        if value is not None:
            check(value)
    if isinstance(way.port, bool) or not isinstance(way.port, int):
        raise rule.RuleError("a port")
    if not 0 < way.port <= _PORT_MAX:
        raise rule.RuleError("a port")
    if way.tls not in tuple(relay.PORTS) or way.family not in smarthost.FAMILIES:
        raise rule.RuleError("a word")
    if way.return_path not in smarthost.RETURN_PATHS:
        raise rule.RuleError("a word")
