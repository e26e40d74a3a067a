# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What servers say of a record, and what comes of it."""

import dataclasses
import typing as tp

from exordos_mail.standards.dns import spf

#: States of a record.
STATES = (
    "ok",
    "missing",
    "wrong",
    "truncated",
    "duplicate",
    "waiting",
    "unreachable",
    "insecure",
)

#: How a server may fail to answer, in words that continue its name.
FAILURES: tp.Mapping[str, str] = {
    "silent": "does not answer",
    "servfail": "answers SERVFAIL",
    "refused": "refuses to answer",
    "lame": "does not serve the zone",
    "private": "has no address in the public internet",
    "broken": "answers what is no DNS message",
    "loop": "has a CNAME that leads nowhere or into a loop",
}


@dataclasses.dataclass(frozen=True)
class Answer:
    """What one server says of a name and type.

    Attributes:
        server: its name, and its address in brackets.
        kind: answered, nodata, nxdomain, or one of FAILURES.
        values: the records in the form of `Record.value`, all ASCII.
        alias: where a CNAME at the name points to, without the last dot; "": none.
    """

    server: str
    kind: str
    values: tuple[str, ...] = ()
    alias: str = ""

    @property
    def usable(self) -> bool:
        """Whether the server said what it has."""
        return self.kind in ("answered", "nodata", "nxdomain")


@dataclasses.dataclass(frozen=True)
class Context:
    """What else is known, for better sentences.

    Attributes:
        security: of the zone by the validating resolver: secure, insecure, bogus.
        zone: apex of the zone; "": not known.
        addresses: of the host.
        mechanisms: of SPF, for a proposal.
        smarthost: name or address of the server that takes all mail; "": none.
        lost: the smarthost's name has no address.
        evaluations: of SPF records, by text.
        elsewhere: texts found at other names, where people put records by mistake.
        keys: values of the other DKIM keys by the name of their record.
        dmarc_rua, dmarc_policy: what the DMARC record has to have at least.
    """

    security: str = "insecure"
    zone: str = ""
    addresses: tuple[str, ...] = ()
    mechanisms: tuple[str, ...] = ()
    smarthost: str = ""
    lost: bool = False
    evaluations: tp.Mapping[str, spf.Evaluation] = dataclasses.field(
        default_factory=dict
    )
    elsewhere: tp.Mapping[str, tuple[str, ...]] = dataclasses.field(
        default_factory=dict
    )
    keys: tp.Mapping[str, str] = dataclasses.field(default_factory=dict)
    dmarc_policy: str = "none"
    dmarc_rua: str | None = None


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What is to be said of a record.

    Attributes:
        state: one of STATES.
        expected: what should stand there; of SPF the tenant's own record, completed.
        found: what stands there, cut to what people read.
        fix: what to do, in one sentence; "": nothing.
    """

    state: str
    expected: str
    found: tuple[str, ...] = ()
    fix: str = ""
