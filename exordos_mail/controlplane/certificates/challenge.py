# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How an authority is shown that a name is ours (RFC 8555 section 8).

A challenge says what is to be shown, and where the authority looks for it. There are
two kinds, `http_challenge` and `dns_challenge`; `choice` tells which an order takes.
"""

import datetime
import typing as tp

#: Longest wait after a challenge that could not be shown. Doubling has an end sooner
#: than that of failures at an authority, which nobody has asked here.
LONGEST_WAIT = datetime.timedelta(hours=1)


class NotReady(Exception):
    """The authority is not asked, since it would look in vain; the text says why.

    Attributes:
        counts: whether it is a failure, after which waits grow.
        longest: wait until the next attempt.
    """

    def __init__(
        self,
        text: str,
        counts: bool = True,
        longest: datetime.timedelta = LONGEST_WAIT,
    ) -> None:
        super().__init__(text)
        self.counts = counts
        self.longest = longest


class Proof(tp.NamedTuple):
    """What has to be shown for one name.

    Attributes:
        token: names a file, at `/.well-known/acme-challenge/<token>`.
        text: content of the file, or of the TXT record.
    """

    token: str
    text: str


class Challenge(tp.Protocol):
    """One kind of challenge, for one order.

    Attributes:
        kind: its name in RFC 8555.
    """

    kind: str

    def check(self) -> None:
        """Look whether proofs can be shown, before there is an order.

        Raises:
            NotReady: they cannot.
        """

    def show(self, proofs: list[Proof]) -> None:
        """Show proofs; return when the authority can see them.

        `orders.hide` ends it.

        Raises:
            NotReady, authority.OrderFailed: they are not seen in time.
        """
