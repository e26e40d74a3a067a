# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the platform's tables hold about the nodes of an instance."""

import typing as tp
import uuid as sys_uuid

from gcl_sdk.agents.universal.dm import models as ua_models
from gcl_sdk.infra.dm import models as sdk_models
from restalchemy.dm import filters as dm_filters

from exordos_mail import constants as c

NODE_SET_KIND = sdk_models.NodeSet.get_resource_kind()

# SQL of what registered(node_set_nodes(instance)) asks, for many instances at
# once; it may let some more through, since uuid5 is not within its reach.
REGISTERED_CLAUSE = """
AND EXISTS (
    SELECT FROM ua_actual_resources AS node_set
    WHERE node_set.uuid = mail_instances.uuid
        AND node_set.kind = %(node_set_kind)s
        AND jsonb_typeof(node_set.value -> 'nodes') = 'object'
        AND node_set.value -> 'nodes' <> '{}'
        AND NOT EXISTS (
            SELECT FROM jsonb_object_keys(
                CASE WHEN jsonb_typeof(node_set.value -> 'nodes') = 'object'
                THEN node_set.value -> 'nodes' ELSE '{}' END
            ) AS member (node)
            WHERE NOT EXISTS (
                SELECT FROM ua_agents AS agent
                WHERE agent.node::text = lower(member.node)
                    AND agent.capabilities -> 'capabilities' ? %(node_kind)s
            )
        )
)
"""
REGISTERED_PARAMETERS = {"node_set_kind": NODE_SET_KIND, "node_kind": c.NODE_KIND}


def agent_uuid(node: sys_uuid.UUID) -> sys_uuid.UUID:
    """Return the uuid of our agent on a node (universal_agent.py, uuid5_name)."""
    return sys_uuid.uuid5(node, c.AGENT_UUID5_NAME)


def node_set_nodes(instance: sys_uuid.UUID) -> tuple[sys_uuid.UUID, ...]:
    """Return the nodes that Core reports for an instance, in order of uuid."""
    actual = ua_models.Resource.objects.get_one_or_none(
        filters={
            "uuid": dm_filters.EQ(instance),
            "kind": dm_filters.EQ(NODE_SET_KIND),
        }
    )
    if actual is None:
        return ()
    return tuple(sorted(sys_uuid.UUID(node) for node in actual.value.get("nodes", ())))


def registered(nodes: tp.Collection[sys_uuid.UUID]) -> bool:
    """Tell whether our agent on every one of the nodes has registered.

    A target may name only a registered agent: `ua_target_resources.agent` is
    a foreign key.
    """
    if not nodes:
        return False
    agents = ua_models.UniversalAgent.objects.get_all(
        filters={"uuid": dm_filters.In([agent_uuid(node) for node in nodes])}
    )
    able = [agent for agent in agents if c.NODE_KIND in agent.list_capabilities]
    return len(able) == len(nodes)


def reported(nodes: tp.Collection[sys_uuid.UUID]) -> bool:
    """Tell whether a node still reports that it holds our state."""
    if not nodes:
        return False
    return bool(
        ua_models.Resource.objects.get_all(
            filters={
                "uuid": dm_filters.In([agent_uuid(node) for node in nodes]),
                "kind": dm_filters.EQ(c.NODE_KIND),
            }
        )
    )


def unknown_keys(nodes: tp.Collection[sys_uuid.UUID]) -> set[sys_uuid.UUID]:
    """Return the nodes whose encryption key is not stored yet."""
    if not nodes:
        return set()
    known = ua_models.NodeEncryptionKey.objects.get_all(
        filters={"uuid": dm_filters.In(list(nodes))}
    )
    return set(nodes) - {key.uuid for key in known}


def forget(nodes: tp.Collection[sys_uuid.UUID]) -> None:
    """Remove keys, agents and reports of nodes that are gone.

    With an agent's row its targets go (`ON DELETE CASCADE`), which is what ends
    the exchange of a machine. The key goes in the same transaction: without it a
    node that still runs cannot register again and leave a row behind.
    """
    if not nodes:
        return
    agents = [agent_uuid(node) for node in nodes]
    rows = [
        *ua_models.NodeEncryptionKey.objects.get_all(
            filters={"uuid": dm_filters.In(list(nodes))}
        ),
        *ua_models.Resource.objects.get_all(
            filters={
                "uuid": dm_filters.In(agents),
                "kind": dm_filters.EQ(c.NODE_KIND),
            }
        ),
        *ua_models.UniversalAgent.objects.get_all(
            filters={"uuid": dm_filters.In(agents)}
        ),
    ]
    for row in rows:
        row.delete()
