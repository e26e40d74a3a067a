# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Tell listeners when there is work for the builders.

Sent with the transaction that makes the work, and only then: what builders
observe does not change `generation`, so they never wake themselves.
"""

from exordos_mail.controlplane import sql_step

UPGRADE = (
    # No content: whoever listens reads the tables. Equal notifications of one
    # transaction are one.
    """
CREATE FUNCTION mail_instances_notify() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('exordos_mail', '');
    RETURN NULL;
END
$$
""",
    """
CREATE TRIGGER mail_instances_notify_existence
AFTER INSERT OR DELETE ON mail_instances
FOR EACH ROW EXECUTE FUNCTION mail_instances_notify()
""",
    # A changed account counts its instance's generation up, too.
    """
CREATE TRIGGER mail_instances_notify_changes
AFTER UPDATE ON mail_instances
FOR EACH ROW WHEN (NEW.generation IS DISTINCT FROM OLD.generation)
EXECUTE FUNCTION mail_instances_notify()
""",
)

DOWNGRADE = (
    "DROP TRIGGER mail_instances_notify_changes ON mail_instances",
    "DROP TRIGGER mail_instances_notify_existence ON mail_instances",
    "DROP FUNCTION mail_instances_notify()",
)

migration_step = sql_step.SQLStep(
    "5d3c7a0e-8f7b-4b57-9a34-0c1b6f3e2d11",
    depends=["0000-init-mail.py"],
    upgrade=UPGRADE,
    downgrade=DOWNGRADE,
)
