# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What becomes of what the simulator has taken.

The node's log, or mail that came back, tells it of a true message. Of a simulated one
it is written with the result, in the same transaction: no kill comes between.
"""

import collections.abc as abc

from exordos_mail.send.bounces import report, taking
from exordos_mail.send.content import simulator
from exordos_mail.send.queue import events, states
from exordos_mail.send.queue.job import Outcome
from exordos_mail.send.storage import database

_DELIVERED = report.DELIVERED, 250, "2.0.0", "delivered by the simulator"
_REFUSED = report.FAILED, 550, "5.1.1", "no such user (simulated)"
_UNWANTED = report.COMPLAINED, None, None, "abuse: simulated"
_FOLLOWS = {
    simulator.BOUNCE: (_REFUSED,),
    simulator.COMPLAINT: (_DELIVERED, _UNWANTED),
}


def findings(address: str) -> list[report.Finding]:
    """Return what is found out of a recipient after the message is sent."""
    return [
        report.Finding(
            addresses=[address],
            action=action,
            code=code,
            enhanced=enhanced,
            text=text,
            server=simulator.HOST,
        )
        for action, code, enhanced, text in _FOLLOWS.get(
            simulator.behaviour(address), (_DELIVERED,)
        )
    ]


def follow(
    tx: database.Transaction,
    tenant_id: str,
    outcomes: abc.Sequence[Outcome],
    now: int,
) -> list[events.Event]:
    """Write what becomes of messages of one tenant whose results were just written.

    Returns:
        The events of it, which are still to be written.
    """
    happened: list[events.Event] = []
    for outcome in outcomes:
        taken = [
            one.address
            for one in outcome.results
            if one.is_simulated and one.state == states.SENT
        ]
        if taken:
            message = taking.Message(tx, tenant_id, outcome.job.id, now)
            for address in taken:
                for finding in findings(address):
                    message.take(finding)
            happened += message.happened
    return happened
