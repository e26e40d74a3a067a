# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the gateway answers a node."""

import typing as tp
import uuid as sys_uuid

from exordos_mail import constants as c
from exordos_mail.controlplane import (
    account_shards,
    keyring,
    node_settings,
    tenant_documents,
)
from exordos_mail.protocol import messages, revision, shards

#: What a node may ask.
Question = messages.Sync | messages.FetchTenants

NOTHING = "no mail instance is assigned to this node"

# The authorisation: an agent gets the instance that a payload assigns to it, and
# no other. Payloads are made by the builder alone.
_INSTANCE = """
SELECT instances.uuid, instances.name, instances.domain, instances.generation
FROM ua_target_resources AS targets
JOIN mail_instances AS instances ON instances.uuid = targets.master
WHERE targets.uuid = %s AND targets.kind = %s
"""


def answer(
    queries: account_shards.Queries,
    keys: keyring.Keyring,
    agent: sys_uuid.UUID,
    question: Question,
) -> list[messages.Message]:
    """Return the reply to an agent.

    All questions to the database must see the same moment.

    Raises:
        keyring.KeyringError: a stored key cannot be opened.
    """
    instance = queries.execute(_INSTANCE, (agent, c.NODE_KIND)).fetchone()
    if instance is None:
        return [messages.Refused(question.number, NOTHING)]
    if isinstance(question, messages.FetchTenants):
        made = tenant_documents.documents(
            queries, instance["uuid"], question.tenants, keys
        )
        return [*messages.tenant_parts(question.number, made.documents, made.problem)]
    return _state(queries, keys, instance, question)


def _state(
    queries: account_shards.Queries,
    keys: keyring.Keyring,
    instance: tp.Mapping[str, tp.Any],
    sync: messages.Sync,
) -> list[messages.Message]:
    """Return how the node must be, and the texts that it lacks."""
    uuid = instance["uuid"]
    tenants = tenant_documents.tags(queries, uuid)
    settings = node_settings.settings(node_settings.signing_keys(queries, uuid, keys))
    digests, texts = _shards(queries, uuid, sync.shards)
    settings_digest = revision.settings_digest(settings)
    state = messages.State(
        number=sync.number,
        instance=str(uuid),
        name=instance["name"],
        generation=instance["generation"],
        domain=instance["domain"],
        revision=revision.compute(
            instance["domain"], settings_digest, digests, tenants
        ),
        shards=digests,
        settings=None if sync.settings == settings_digest else settings,
        tenants=tenants,
    )
    return [state, *messages.parts(sync.number, texts)]


def _shards(
    queries: account_shards.Queries, instance: sys_uuid.UUID, theirs: shards.Digests
) -> tuple[dict[int, str], dict[int, bytes]]:
    """Return all digests, and the texts of the shards in which they differ."""
    known = account_shards.versions(queries, instance)
    computed = account_shards.texts(queries, instance, account_shards.unknown(known))
    digests = account_shards.digests(known, computed)
    differing = [
        shard
        for shard in range(shards.COUNT)
        if digests.get(shard, "") != theirs.get(shard, "")
    ]
    missing = [shard for shard in differing if shard not in computed]
    fetched = {**computed, **account_shards.texts(queries, instance, missing)}
    return digests, {shard: fetched[shard] for shard in differing}
