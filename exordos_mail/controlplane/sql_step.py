# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A migration step that is nothing but SQL."""

import typing as tp

from restalchemy.storage.sql import migrations


class SQLStep(migrations.AbstractMigrationStep):
    """Runs its statements in order, in the transaction of all pending steps.

    Args:
        identity: uuid of the step in the platform's table of migrations.
        depends: file names of the steps that come before it.
        upgrade, downgrade: the statements of both directions.
    """

    is_manual = False

    def __init__(
        self,
        identity: str,
        depends: tp.Sequence[str],
        upgrade: tp.Sequence[str],
        downgrade: tp.Sequence[str],
    ) -> None:
        self._identity = identity
        self._depends = list(depends)
        self._upgrade = upgrade
        self._downgrade = downgrade

    @property
    def migration_id(self) -> str:
        """Return the step's identity."""
        return self._identity

    def upgrade(self, session: tp.Any) -> None:
        """Apply the step."""
        for statement in self._upgrade:
            session.execute(statement)

    def downgrade(self, session: tp.Any) -> None:
        """Take the step back."""
        for statement in self._downgrade:
            session.execute(statement)
