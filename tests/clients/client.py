# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a client can do, and how it is asked."""

import abc

from tests.clients import letters, place


class Client(abc.ABC):
    """Software of somebody else that submits mail.

    Attributes:
        name: for people.
        pools: it sends several letters on one connection.
        goes_on: it sends to the others when a recipient is refused.
        ends_at_once: it does not wait for anything after a refusal.
        as_written: it sends recipients as it is told them, also apart from the header.
        cannot_say: names that it refuses itself to greet with.
    """

    name: str
    pools: bool = False
    goes_on: bool = False
    ends_at_once: bool = True
    as_written: bool = False
    cannot_say: frozenset[str] = frozenset()

    @abc.abstractmethod
    def send(self, where: place.Place, job: letters.Job) -> letters.Outcome:
        """Send the letters of a job: one, unless it pools."""
