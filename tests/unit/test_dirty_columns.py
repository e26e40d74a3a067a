# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Updates write the changed columns alone; the audit trail holds no secret."""

import json
import uuid as sys_uuid

from exordos_mail.controlplane.dm import audit, models

HASH = "$6$salt$" + "a" * 85 + "."


def version() -> models.MailVersion:
    """Return a version as it is read from the database."""
    found: models.MailVersion = models.MailVersion.restore(
        uuid=sys_uuid.UUID(int=1), name="v", image="http://images.test/x"
    )
    return found


def test_what_was_read_has_no_changed_columns() -> None:
    assert version().changed_values() == {}


def test_changed_columns_alone_are_written() -> None:
    found = version()
    found.name = "w"
    assert found.changed_values() == {"name": "w"}
    assert found.stored_values().keys() > {"uuid", "name", "image"}
    found.name = "v"
    assert found.changed_values() == {}


def test_audit_event_holds_no_secret() -> None:
    instance = models.MailInstance(
        name="m",
        project_id=sys_uuid.UUID(int=2),
        domain="example.com",
        cpu=1,
        ram=1024,
        disk_size=10,
        version=version(),
    )
    account = models.MailAccount(
        instance=instance, username="alice", password_hash=HASH
    )
    shown = audit.update_snapshot(account, ["password_hash", "active"])
    assert shown["username"] == "alice"
    assert shown["changed_fields"] == ["active", "password_hash"]
    assert not account.__secret_fields__ & shown.keys()
    assert HASH not in json.dumps(shown, default=str)
