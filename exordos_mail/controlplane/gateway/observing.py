# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What nodes tell the gateway that they see, of their own instance."""

import uuid as sys_uuid

from exordos_mail.controlplane.documents import collection
from exordos_mail.controlplane.gateway import answers
from exordos_mail.controlplane.observed import registry
from exordos_mail.protocol import messages

# As whoever writes what is below an instance (`MailInstance.lock`): triggers write the
# instance after it, and in another order two would wait for each other.
_LOCK = "SELECT uuid FROM mail_instances WHERE uuid = %s FOR NO KEY UPDATE"


def keep(
    queries: collection.Queries, agent: sys_uuid.UUID, observe: messages.Observe
) -> messages.Message:
    """Return the reply to an agent that tells what it sees, in one transaction.

    Raises:
        messages.MessageError: no node of ours would tell this.
    """
    keeper = registry.keeper(observe.kind)
    if keeper is None:
        reason = f"the platform does not know what {observe.kind} is"
        return messages.Refused(observe.number, reason)
    found = answers.instance_of(queries, agent)
    if found is None or not queries.execute(_LOCK, (found["uuid"],)).fetchone():
        return messages.Refused(observe.number, answers.NOTHING)
    keeper(queries, found["uuid"], observe.facts)
    return messages.Told(observe.number)
