# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The challenge DNS-01 (RFC 8555 section 8.4), shown by the publisher of records.

Rows of mail_acme_records say what is to stand there. The publisher brings the name
server to it, in the thread of the order; what is left behind it removes in its own, as
often as it takes (docs/adr/0037).
"""

import time
import typing as tp

from exordos_mail.controlplane import dns_options
from exordos_mail.controlplane.certificates import challenge, orders, published
from exordos_mail.controlplane.dns import appearance
from exordos_mail.controlplane.dns.publish import provider, publisher, rows, source

CONF = dns_options.CONF

#: How long all name servers may take to show a record, in seconds.
PATIENCE = 120.0
#: Aliases that are followed.
ALIASES_MAX = 4
#: Seconds for which a name server that is away is not asked for other orders.
AWAY = 30.0
_INTERVAL = 1.0  # seconds between two looks at the name servers
# Somebody else may change the same set in the meantime.
_TRIES = 3


_T = tp.TypeVar("_T")


class NameServer:
    """The server that takes updates, shared by all orders.

    One that does not answer costs whoever asks it seconds, so that is remembered.
    """

    def __init__(self, providers: publisher.Providers) -> None:
        self.providers = providers
        self._away = ""
        self._until = 0.0

    def alias(self, order: orders.Order, name: str) -> str:
        """Return what a name is an alias of; "": of nothing (NotReady: no answer)."""
        found = self._asked(order, name, lambda one: one.read(name, "CNAME"))
        return found[0].rstrip(".") if found else ""

    def zone(self, order: orders.Order, name: str) -> str:
        """Return the apex of the zone of a name (NotReady: no answer)."""
        return self._asked(order, name, lambda one: one.zone(name))

    def _asked(
        self, order: orders.Order, name: str, ask: tp.Callable[[provider.Provider], _T]
    ) -> _T:
        if time.monotonic() < self._until:
            raise _cannot(name, self._away)
        try:
            return ask(self.providers[source.OPERATOR](order.uuid))
        except provider.PublishFailure as failure:
            if failure.all_of_it:
                self._away, self._until = str(failure), time.monotonic() + AWAY
            raise _cannot(name, str(failure)) from None


class DNSChallenge:
    """Shows TXT records at `_acme-challenge.<name>`, or where its alias leads to.

    Args:
        connection: in autocommit.
        order: whose challenge it is.
        server: that takes updates.
        is_over: tells that the process ends.
    """

    kind = "dns-01"

    def __init__(
        self,
        connection: orders.Connection,
        order: orders.Order,
        server: NameServer,
        is_over: tp.Callable[[], bool],
    ) -> None:
        self._connection = connection
        self._order = order
        self._server = server
        self._is_over = is_over

    def check(self) -> None:
        """Look whether the name server answers, and where the record may stand."""
        self._place()

    def show(self, proofs: list[challenge.Proof]) -> None:
        """Publish them, and wait until every name server shows them."""
        name = self._place()
        texts = [one.text for one in proofs]
        orders.show_records(self._connection, self._order, name, texts)
        self._publish(name)
        # In a cloud that cannot ask the DNS nobody can look.
        if CONF.mail.dns_checks:
            self._wait(name, texts)

    def _place(self) -> str:
        """Return the name of the record, behind its aliases.

        An alias may lead to wherever the tenant may have records published, and no
        further: the key may change every zone of that server.
        """
        name = place(self._order.hostname)
        for _ in range(ALIASES_MAX):
            target = self._server.alias(self._order, name)
            if not target:
                return name
            if not published.is_published(
                self._connection, self._order.instance, target
            ):
                raise challenge.NotReady(
                    f"{name} is an alias (CNAME) of {target}, which is in no domain of "
                    "this instance that is published here (publish = rfc2136, and "
                    "proven); remove the alias, or add that domain"
                )
            name = target
        raise challenge.NotReady(
            f"{place(self._order.hostname)} is an alias (CNAME) that leads through "
            f"{ALIASES_MAX} others; at most {ALIASES_MAX - 1} are followed"
        )

    def _publish(self, name: str) -> None:
        for _ in range(_TRIES):
            claimed = rows.take(self._connection, self._order.uuid)
            outcome = publisher.look(self._connection, claimed, self._server.providers)
            if outcome.state == "published":
                return
            time.sleep(_INTERVAL)
        raise _cannot(name, outcome.reason or "the certificate is gone")

    def _wait(self, name: str, texts: list[str]) -> None:
        zone = self._server.zone(self._order, name)
        end = time.monotonic() + PATIENCE
        while True:
            found = appearance.of_texts(name, zone, texts)
            if found.everywhere:
                return
            if time.monotonic() > end or self._is_over():
                break
            time.sleep(_INTERVAL)
        # A resolver passes over servers that are silent, and asks the next one.
        if not found.enough:
            raise challenge.NotReady(
                f"not all name servers show the record {name} within "
                f"{PATIENCE:.0f} seconds: {found.reason}"
            )


def place(hostname: str) -> str:
    """Return where an authority looks for the challenge of a name."""
    return f"_acme-challenge.{hostname}"


def _cannot(name: str, reason: str) -> challenge.NotReady:
    return challenge.NotReady(f"the record {name} cannot be published: {reason}")
