#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

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
