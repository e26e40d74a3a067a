# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Which keys a domain is to have, and what they are called in the DNS."""

import collections.abc as abc
import dataclasses
import datetime
import typing as tp
import uuid as sys_uuid

from exordos_mail.controlplane import zone_options
from exordos_mail.standards import dkim, dkim_life, dkim_selector


class KeyNames(tp.NamedTuple):
    """Where a key is found in the DNS.

    Attributes:
        record: name of its TXT record, or of the alias to it.
        alias: name in the operator's zone that has the record; None: `record` has it.
    """

    record: str
    alias: str | None


class TakenSelector(tp.NamedTuple):
    """A key that a domain has, or had."""

    selector: str
    state: str


@dataclasses.dataclass(frozen=True)
class KeyScheme:
    """How the keys of a domain are called.

    Attributes:
        instance: the domain's.
        domain: its name.
        aliased: it has aliases into the operator's zone.
    """

    instance: sys_uuid.UUID
    domain: str
    aliased: bool

    @property
    def algorithms(self) -> tuple[str, ...]:
        """Of the keys that the domain is to have.

        Three aliases are enough for the key before, that of today and the next one
        of one algorithm: the one that every verifier knows.
        """
        return (dkim.RSA_SHA256,) if self.aliased else dkim.ALGORITHMS

    @property
    def fixed(self) -> tuple[str, ...]:
        """The selectors that are used again."""
        return dkim_selector.fixed(self.instance)

    def fits(self, selector: str) -> bool:
        """Tell whether a selector is one that a key would get today."""
        return (selector in self.fixed) == self.aliased

    def free(
        self,
        algorithm: str,
        keys: abc.Collection[TakenSelector],
        day: datetime.date,
        past: abc.Collection[str] = (),
    ) -> str | None:
        """Return a selector for one more key; None: all are in use.

        Args:
            algorithm: of the key.
            keys: that the domain has.
            day: on which the key is made.
            past: selectors of deleted keys; of these, only fixed ones are used again.
        """
        if not self.aliased or algorithm not in self.algorithms:
            taken = {one.selector for one in keys}.union(past)
            return dkim_selector.of_day(self.instance, algorithm, day, taken)
        used = {one.selector for one in keys if one.state != dkim_life.RETIRED}
        return next((one for one in self.fixed if one not in used), None)

    def names(self, selector: str) -> KeyNames:
        """Return where the key of a selector is found."""
        name = dkim.record_name(selector, self.domain)
        zone = zone_options.name()
        if selector not in self.fixed or not zone:
            return KeyNames(name, None)
        return KeyNames(name, dkim_selector.target(selector, self.domain, zone))


def scheme(instance: sys_uuid.UUID, domain: str, mode: str) -> KeyScheme:
    """Return how the keys of a domain are called; without a zone as in mode `txt`."""
    return KeyScheme(instance, domain, mode == "cname" and bool(zone_options.name()))
