# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Which challenge an order takes.

DNS-01 for a name in a domain that we publish: it needs neither port 80 of the machine
nor a name that leads there. HTTP-01 for all others, and where the record cannot be
published now although the name leads to the machine: a present certificate is to be
renewed, whatever befell the name server.
"""

import logging
import typing as tp

from exordos_mail.controlplane.certificates import (
    challenge,
    dns_challenge,
    hosts,
    http_challenge,
    orders,
    published,
)
from exordos_mail.controlplane.dns.publish import publisher, service

LOG = logging.getLogger(__name__)

#: Characters of a name in the DNS (RFC 1035 section 2.3.4), without the last dot.
_NAME_MAX = 253


class Challenges:
    """Finds the challenge of each order.

    Args:
        is_named: tells whether a name has an address; see `http_challenge`.
        providers: what publishes records; the operator's, if it is not given.
    """

    def __init__(
        self,
        is_named: tp.Callable[[str], bool],
        providers: publisher.Providers | None = None,
    ) -> None:
        self._is_named = is_named
        self._server = dns_challenge.NameServer(providers or service.of_options())

    def of(
        self,
        connection: orders.Connection,
        order: orders.Order,
        is_over: tp.Callable[[], bool],
    ) -> challenge.Challenge:
        """Return the challenge that an order takes.

        Raises:
            challenge.NotReady: it cannot be shown now.
        """
        http = http_challenge.HTTPChallenge(connection, order, self._is_named, is_over)
        if not _is_published(connection, order):
            http.check()
            return http
        found = dns_challenge.DNSChallenge(connection, order, self._server, is_over)
        try:
            found.check()
        except challenge.NotReady as reason:
            if not hosts.leads(order.hostname, order.addresses):
                raise
            LOG.warning("%s is proven by HTTP instead: %s", order.hostname, reason)
            return http
        return found


def _is_published(connection: orders.Connection, order: orders.Order) -> bool:
    name = dns_challenge.place(order.hostname)
    return len(name) <= _NAME_MAX and published.is_published(
        connection, order.instance, order.hostname
    )
