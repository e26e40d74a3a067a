# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""One attempt to get a certificate: its key, its order, its challenge, its chain.

Every end of it is in the database: a certificate, or a reason and the time of the next
attempt. What a client is shown stays until there is something better.
"""

import datetime
import logging
import typing as tp

import psycopg

from exordos_mail.controlplane import keyring
from exordos_mail.controlplane.certificates import (
    authority,
    challenge,
    choice,
    orders,
)
from exordos_mail.standards import certificate_pair, renewal

LOG = logging.getLogger(__name__)

#: When to ask an authority again that could not be reached: no failure of the name.
AWAY_WAIT = datetime.timedelta(minutes=5)
#: The same where it is the platform's own fault.
OWN_WAIT = datetime.timedelta(minutes=15)
_UNREADABLE = "the platform cannot read the certificate's next key; ask the operator"
_OUR_ERROR = "an error of the platform, which is in its log; ask the operator"


class Attempt:
    """What an attempt needs.

    Args:
        connection: of its own, in autocommit.
        ca: who is asked.
        keys: of the key file.
        challenges: tell how a name is proven.
        is_over: tells that the process ends.
    """

    def __init__(
        self,
        connection: orders.Connection,
        ca: authority.ACMEAccount,
        keys: keyring.Keyring,
        challenges: choice.Challenges,
        is_over: tp.Callable[[], bool] = lambda: False,
    ) -> None:
        self._connection = connection
        self._ca = ca
        self._keys = keys
        self._challenges = challenges
        self._is_over = is_over

    def run(self, order: orders.Order) -> datetime.timedelta | None:
        """Try; return how long the authority asks everybody to wait, if it does.

        Raises:
            psycopg.Error: the database is away.
        """
        pause = None
        try:
            self._obtain(order)
        except challenge.NotReady as error:
            wait = renewal.again(order.failures + 1, order.hostname)
            failures = order.failures + error.counts
            self._put_off(order, str(error), min(wait, error.longest), failures)
        except authority.AuthorityAway as error:
            pause = AWAY_WAIT
            self._put_off(order, str(error), pause, order.failures)
        except authority.Busy as error:
            pause = error.wait or AWAY_WAIT
            wait = renewal.again(order.failures + 1, order.hostname, error.wait)
            self._put_off(order, str(error), wait, order.failures + 1)
        except authority.OrderFailed as error:
            wait = renewal.again(order.failures + 1, order.hostname)
            self._put_off(order, str(error), wait, order.failures + 1)
        except keyring.KeyringError as error:
            LOG.error("the next key of certificate %s: %s", order.uuid, error)
            self._put_off(order, _UNREADABLE, OWN_WAIT, order.failures)
        except psycopg.Error:
            raise
        except Exception:
            # One that fails for ever must not keep the others behind it waiting.
            LOG.exception("certificate %s", order.uuid)
            self._put_off(order, _OUR_ERROR, OWN_WAIT, order.failures)
        finally:
            if not self._connection.closed:
                orders.hide(self._connection, order)
        return pause

    def _obtain(self, order: orders.Order) -> None:
        shown = self._challenges.of(self._connection, order, self._is_over)
        key = orders.next_key(self._connection, order, self._keys)
        chain = self._ca.order(order.hostname, key, shown)
        now = datetime.datetime.now(datetime.timezone.utc)
        try:
            facts = certificate_pair.check(chain, key, order.hostname, now)
        except certificate_pair.PairError as error:
            raise authority.OrderFailed(
                f"the authority's certificate is of no use: {error}"
            ) from None
        due = renewal.due(facts.not_before, facts.not_after, order.hostname)
        orders.take(self._connection, order, chain, key, facts, due, self._keys)
        LOG.info("certificate of %s: valid until %s", order.hostname, facts.not_after)

    def _put_off(
        self,
        order: orders.Order,
        reason: str,
        wait: datetime.timedelta,
        failures: int,
    ) -> None:
        minutes = max(1, round(wait.total_seconds() / 60))
        text = f"{reason}; next attempt in {minutes} minutes"
        LOG.warning("certificate of %s: %s", order.hostname, text)
        orders.put_off(self._connection, order, text, wait, failures)
