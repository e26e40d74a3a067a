# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Pin the image of an instance: a new release of the element rebuilds no machine.

A release puts its own image into the version that it declares. Until now a machine
was given it with the next change of its instance, whatever that was. From now on the
image follows only who sets `version`.

Safe while the API of the release before still runs: the triggers fill the column for
writers that do not know it.
"""

from exordos_mail.controlplane import sql_step

UPGRADE = (
    "ALTER TABLE mail_instances ADD COLUMN image VARCHAR(2048) NOT NULL DEFAULT ''",
    # Of what each machine has today, this is the best that is known. No trigger of
    # ours may take it for a change by a user.
    "ALTER TABLE mail_instances DISABLE TRIGGER USER",
    """
UPDATE mail_instances
SET image = mail_versions.image
FROM mail_versions WHERE mail_versions.uuid = mail_instances.version
""",
    "ALTER TABLE mail_instances ENABLE TRIGGER USER",
    # Triggers fire in the order of their names: this one after the one that counts,
    # which does not know the column.
    """
CREATE FUNCTION mail_instances_image() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NEW.version <> OLD.version THEN
        -- an unknown version is for its foreign key to refuse
        NEW.image := coalesce(
            (SELECT image FROM mail_versions WHERE uuid = NEW.version), ''
        );
    ELSIF NEW.image <> OLD.image AND NEW.generation = OLD.generation THEN
        NEW.generation := OLD.generation + 1;
        NEW.updated_at := greatest(
            clock_timestamp() AT TIME ZONE 'utc',
            OLD.updated_at + interval '1 microsecond'
        );
    END IF;
    RETURN NEW;
END
$$
""",
    """
CREATE TRIGGER mail_instances_image
BEFORE INSERT OR UPDATE ON mail_instances
FOR EACH ROW EXECUTE FUNCTION mail_instances_image()
""",
)

DOWNGRADE = (
    "DROP TRIGGER mail_instances_image ON mail_instances",
    "DROP FUNCTION mail_instances_image()",
    "ALTER TABLE mail_instances DROP COLUMN image",
)

migration_step = sql_step.SQLStep(
    "5a8c4fef-631b-42ba-843e-d515f16263b8",
    depends=["0010-declared-passwords.py"],
    upgrade=UPGRADE,
    downgrade=DOWNGRADE,
)
