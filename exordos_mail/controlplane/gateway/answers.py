# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the gateway answers a node."""

import typing as tp
import uuid as sys_uuid

from exordos_mail import constants as c
from exordos_mail.controlplane import keyring
from exordos_mail.controlplane.documents import collection, registry
from exordos_mail.protocol import documents, messages

#: What a node may ask.
Question = messages.Sync | messages.Fetch | messages.Tell | messages.Observe

NOTHING = "no mail instance is assigned to this node"

# The authorisation: an agent gets the instance that a payload assigns to it, and
# no other. Payloads are made by the builder alone.
_INSTANCE = """
SELECT instances.uuid, instances.name, instances.generation
FROM ua_target_resources AS targets
JOIN mail_instances AS instances ON instances.uuid = targets.master
WHERE targets.uuid = %s AND targets.kind = %s
"""


def instance_of(
    queries: collection.Queries, agent: sys_uuid.UUID
) -> tp.Mapping[str, tp.Any] | None:
    """Return the row of the instance that is assigned to an agent."""
    found = queries.execute(_INSTANCE, (agent, c.NODE_KIND)).fetchone()
    return tp.cast("tp.Mapping[str, tp.Any] | None", found)


def answer(
    queries: collection.Queries,
    keys: keyring.Keyring,
    agent: sys_uuid.UUID,
    question: messages.Sync | messages.Fetch,
) -> list[messages.Message]:
    """Return the reply to an agent.

    All questions to the database must see the same moment.

    Raises:
        keyring.KeyringError: a stored key cannot be opened.
    """
    instance = instance_of(queries, agent)
    if instance is None:
        return [messages.Refused(question.number, NOTHING)]
    view = collection.View(queries, instance["uuid"], keys)
    if isinstance(question, messages.Fetch):
        made = registry.texts(view, question.collection, question.buckets)
        return [*messages.parts(question.number, made.texts, made.problem)]
    return [_state(view, instance, question)]


def _state(
    view: collection.View, instance: tp.Mapping[str, tp.Any], sync: messages.Sync
) -> messages.State:
    """Return how the node must be, and the buckets of what it has otherwise."""
    found = registry.digests(view)
    summaries = documents.summaries(found)
    return messages.State(
        number=sync.number,
        instance=str(view.instance),
        name=instance["name"],
        generation=instance["generation"],
        revision=documents.summary(summaries),
        collections=summaries,
        changed={
            name: found[name]
            for name, summary in summaries.items()
            if sync.have.get(name) != summary
        },
    )
