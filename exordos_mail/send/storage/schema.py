# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The schema as it is, against what this program knows."""

from exordos_mail.send.storage import database, migrations, sql

_DONE = sql.statement("SELECT name FROM schema_migrations")


def missing(tx: database.Transaction) -> list[str]:
    """Return the migrations that the database does not have.

    Raises:
        SchemaTooNew: a newer program has been here.
    """
    done = {row["name"] for row in tx.rows(_DONE)}
    return [name for name, _ in migrations.missing(done)]
