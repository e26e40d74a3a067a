# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Keep the password that a manifest declares, as an envelope beside its hash.

Safe while the API of the release before still runs: it names its columns when it
writes, so the new one stays NULL in its rows, and a hash that it changes empties the
column by trigger.
"""

from exordos_mail.controlplane import sql_step

UPGRADE = (
    # All pending steps are one transaction, and a request takes the instance before
    # its accounts: in the same order nobody ends as the victim of a deadlock.
    "LOCK TABLE mail_instances, mail_accounts IN ACCESS EXCLUSIVE MODE",
    # an envelope, see controlplane/keyring.py and controlplane/dm/declared.py
    "ALTER TABLE mail_accounts ADD COLUMN password TEXT",
    # Whoever sets another hash knows nothing of the declared password: without it
    # the platform sees that the declaration does not hold any more.
    """
CREATE FUNCTION mail_accounts_forget_password() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.password IS NOT DISTINCT FROM OLD.password THEN
        NEW.password := NULL;
    END IF;
    RETURN NEW;
END
$$
""",
    """
CREATE TRIGGER mail_accounts_forget_password
BEFORE UPDATE OF password_hash ON mail_accounts
FOR EACH ROW WHEN (NEW.password_hash IS DISTINCT FROM OLD.password_hash)
EXECUTE FUNCTION mail_accounts_forget_password()
""",
)

DOWNGRADE = (
    "DROP TRIGGER mail_accounts_forget_password ON mail_accounts",
    "DROP FUNCTION mail_accounts_forget_password()",
    "ALTER TABLE mail_accounts DROP COLUMN password",
)

migration_step = sql_step.SQLStep(
    "71bfbda3-e3ae-4a12-98f4-e01b941bc801",
    depends=["0003-unseen-changes.py"],
    upgrade=UPGRADE,
    downgrade=DOWNGRADE,
)
