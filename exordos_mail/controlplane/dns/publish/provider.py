# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What publishes records: a server that takes updates, or the cloud's DNS."""

import typing as tp

from exordos_mail.controlplane.dns.publish.step import Step


class PublishFailure(Exception):
    """It could not be done now; the text is for the tenant and has no secret.

    Attributes:
        nothing_done: it is certain that nothing was changed.
        all_of_it: other sets of records would fail in the same way.
    """

    def __init__(
        self, text: str, nothing_done: bool = True, all_of_it: bool = False
    ) -> None:
        super().__init__(text)
        self.nothing_done = nothing_done
        self.all_of_it = all_of_it


class Provider(tp.Protocol):
    """Reads and changes sets of records; each method raises PublishFailure."""

    def zone(self, name: str) -> str:
        """Return the apex of the zone that holds a name."""

    def read(self, name: str, kind: str) -> list[str]:
        """Return the values of a name and type, in the form of `record.Record`."""

    def apply(self, step: Step) -> None:
        """Do a step, all of it or nothing, if its `found` is still what is there."""
