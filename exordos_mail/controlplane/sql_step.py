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
