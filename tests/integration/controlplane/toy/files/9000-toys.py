# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Toys.

Safe while the API of the release before still runs: nothing that it knows changes.
"""

from exordos_mail.controlplane import sql_step

migration_step = sql_step.SQLStep(
    "5f0a1c9e-7a53-4c1e-b6fa-93a4f0a6d001",
    depends=["{head}"],
    upgrade=(
        """
CREATE TABLE mail_toys (
    uuid UUID PRIMARY KEY,
    name VARCHAR(255) NOT NULL DEFAULT '',
    project_id UUID NOT NULL,
    instance UUID NOT NULL REFERENCES mail_instances (uuid) ON DELETE CASCADE,
    code VARCHAR(255) NOT NULL,
    colour VARCHAR(16) NOT NULL,
    size INTEGER NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (instance, code)
)""",
        "SELECT mail_documents_of('mail_toys', 'toys', 'code', '{colour,size}')",
    ),
    downgrade=("DROP TABLE mail_toys",),
)
