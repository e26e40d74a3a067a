# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Questions to the control plane in a process of its own, answered in JSON.

python -m tests.integration.controlplane.toy.speak WHAT DATABASE < VALUE
"""

import json
import sys
import typing as tp
import uuid as sys_uuid

from restalchemy.storage.sql import engines

from exordos_mail import definition
from exordos_mail.controlplane.dm import declared, models
from exordos_mail.controlplane.documents import collection, registry
from tests import manifest_permissions


def version(value: dict[str, str]) -> tp.Any:
    """Register a version."""
    made = models.MailVersion(**value)
    made.insert()
    return {"uuid": str(made.uuid)}


def manifest(_: None) -> tp.Any:
    """Return the element's manifest as `make openapi` would write it."""
    return manifest_permissions.text()


def declarable(_: None) -> tp.Any:
    """Return what manifests may declare."""
    return list(definition.MailDefinition().get_agent_models())


def declare(value: dict[str, tp.Any]) -> tp.Any:
    """Declare a toy as the platform's agent does; return what is read back."""
    model = declared.model_of("toy")
    made = model.restore_from_simple_view(**value)
    made.insert()
    if made.refusal:
        return made.dump_to_simple_view()
    (found,) = model.objects.get_all(filters={"uuid": made.uuid})
    return found.dump_to_simple_view()


def documents(value: str) -> tp.Any:
    """Return what the node of an instance gets of its toys."""
    uuid = sys_uuid.UUID(value)
    with engines.engine_factory.get_engine().session_manager() as session:
        keys = tp.cast(tp.Any, None)  # toys have no secret
        view = collection.View(session, uuid, keys)
        buckets = registry.digests(view)["toys"]
        texts = registry.texts(view, "toys", list(buckets)).texts
        instance = models.MailInstance.objects.get_one(filters={"uuid": uuid})
    found: dict[str, tp.Any] = {}
    for text in texts.values():
        found.update(json.loads(text))
    return {
        "digests": buckets,
        "documents": found,
        "generation": instance.generation,
    }


if __name__ == "__main__":
    what, url = sys.argv[1:]
    engines.engine_factory.configure_factory(db_url=url)
    print(json.dumps(globals()[what](json.load(sys.stdin)), default=str))
