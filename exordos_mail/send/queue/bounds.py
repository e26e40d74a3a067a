# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How much a tenant may have waiting.

What is accepted for later is kept until then. Without a bound, one tenant would fill
the disk, and nobody could send.
"""

import dataclasses

from exordos_mail.send.queue.standing import Standing
from exordos_mail.send.storage import database

MIB = 1024 * 1024
#: What a tenant may have, unless the service or the tenant is set otherwise.
MESSAGES = 1_000_000
MEBIBYTES = 10_240


class TooMuch(Exception):
    """The tenant has as much waiting as it may; the text is for the caller."""


@dataclasses.dataclass(frozen=True)
class Bounds:
    """The most that one tenant may have waiting."""

    #: Messages that are not final.
    messages: int = MESSAGES
    #: Octets of their stored contents.
    octets: int = MEBIBYTES * MIB
    #: While the disk is short: octets that each tenant may have. None: it is not.
    short: int | None = None

    def of(self, tenant: database.Row) -> "Bounds":
        """Return the bounds of a tenant: its own, where it has some.

        Args:
            tenant: waiting_messages and waiting_mib of its row.
        """
        own, mib = tenant["waiting_messages"], tenant["waiting_mib"]
        return dataclasses.replace(
            self,
            messages=self.messages if own is None else own,
            octets=self.octets if mib is None else mib * MIB,
        )

    def check(self, standing: Standing) -> None:
        """Check what a tenant would have waiting.

        Raises:
            TooMuch: it is more than the tenant may have.
        """
        if standing.messages > self.messages:
            raise TooMuch(
                f"the tenant may have {self.messages} messages waiting, and would have"
                f" {standing.messages}: send them when some have gone out, or cancel"
                " some"
            )
        if standing.octets > self.octets:
            raise TooMuch(
                f"the tenant may have {_mib(self.octets)} of messages waiting, and"
                f" would have {_mib(standing.octets)}: send them when some have gone"
                " out, or cancel some"
            )
        if self.short is not None and standing.octets > self.short:
            raise TooMuch(
                "the service's disk is nearly full, and what is left is for tenants"
                f" with less than {_mib(self.short)} waiting: try again later"
            )


DEFAULT = Bounds()


def _mib(octets: int) -> str:
    return f"{octets / MIB:.1f} MiB"
