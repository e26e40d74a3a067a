# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An office whose people send with the clients: an account, and what it has sent."""

import collections.abc as cabc
import dataclasses
import pathlib
import secrets

from tests.clients import arrivals, letters, place
from tests.clients import client as client_module
from tests.functional import resources, smtp

#: Local parts at both remote hosts that nobody else uses.
DOMAINS = ("remote.test", "other.test")


def somebody(count: int = 2) -> tuple[str, ...]:
    """Return new addresses, at the two remote hosts by turns."""
    return tuple(
        f"r{secrets.token_hex(5)}@{DOMAINS[number % 2]}" for number in range(count)
    )


@dataclasses.dataclass
class Office:
    """Sends as one account, and remembers who must have got what.

    Attributes:
        account: who sends.
        host: the node's name.
        certificates: the node's own, in PEM; no others are trusted.
        root: the clients' root file system.
        arrivals: what the remote hosts have.
        expected: recipients by a letter's tag.
    """

    account: resources.Account
    host: str
    certificates: str
    root: pathlib.Path
    arrivals: arrivals.Arrivals
    expected: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)

    def send(
        self,
        client: client_module.Client,
        work: pathlib.Path,
        *sent: letters.Letter,
        port: int = smtp.SUBMISSION,
        name: str = "",
    ) -> letters.Outcome:
        """Send letters with a client on a machine with a name.

        Args:
            client: one of the clients.
            work: an existing directory for this job's files.
            sent: the letters.
            port: of the node.
            name: of the machine, and what the client greets with if it is asked.
        """
        for letter in sent:
            self.expected[letter.tag] = ()
        (work / "node.pem").write_text(self.certificates)
        job = letters.Job(
            host=self.host,
            user=self.account.login,
            password=self.account.password,
            letters=sent,
            port=port,
            name=name,
        )
        return client.send(place.Place(self.root, work, name or place.PLAIN_NAME), job)

    def arrived(
        self, letter: letters.Letter, recipients: cabc.Sequence[str]
    ) -> list[arrivals.Arrival]:
        """Return a letter's copies: at these recipients, each genuine and whole."""
        self.expected[letter.tag] = tuple(recipients)
        found = self.arrivals.wait(letter.tag, *recipients)
        for one in found:
            assert arrivals.genuine(one), one.verdicts
            assert one.subject == letter.title
            assert one.text.rstrip("\n") == letter.text.rstrip("\n")
        return found
