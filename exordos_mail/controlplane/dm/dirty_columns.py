# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Updates that write only the columns that were changed.

The SDK's `update()` writes the whole row as it was read
(restalchemy storage/sql/orm.py), so a builder that read an instance, talked
to Core and then saved a status would silently take back what a user had
changed meanwhile. Here an UPDATE names the changed columns alone, hence two
writers of different columns never meet.
"""

import contextlib
import typing as tp

from psycopg import errors, sql
from restalchemy.storage import exceptions as storage_exceptions
from restalchemy.storage.sql.dialect import exceptions as dialect_exceptions

from exordos_mail.controlplane.dm import audit, exceptions, nouns

_BUSY = "another change of the same object is under way; try again"


class DirtyColumnsMixin(audit.AuditedMixin):
    """A stored model with narrow updates, neutral conflicts and an audit trail.

    Attributes:
        __conflict__: the text of the 409 that a clash with another row gives.
    """

    __conflict__ = "another object with the same unique values exists"

    def dirty_columns(self) -> dict[str, tp.Any]:
        """Return the changed properties by name, the identifier excluded."""
        return {
            name: prop
            for name, prop in self.get_data_properties().items()
            if prop.is_dirty()
        }

    def stored_values(self) -> dict[str, tp.Any]:
        """Return all columns by name, in the form that the database takes."""
        return dict(self._get_prepared_data())

    def changed_values(self) -> dict[str, tp.Any]:
        """Return the changed columns by name, in the same form."""
        changed = self.dirty_columns()
        # of no columns the SDK would return all
        return dict(self._get_prepared_data(changed)) if changed else {}

    def insert(self, session: tp.Any = None) -> None:
        """Store a new row.

        Raises:
            MailConflict: a unique value is taken, or a row that is referred to
                is gone.
        """
        with self.neutral_conflicts():
            super().insert(session=session)

    def update(self, session: tp.Any = None, force: bool = False) -> None:
        """Write the changed columns; nothing at all if there are none.

        Args:
            session: the SDK's session, None for the current one.
            force: validate even if nothing changed. It writes no more columns.

        Raises:
            RecordNotFound: the row is gone.
            MailConflict: see `insert`.
            MailValidationError: a rule of the database refused the write.
        """
        values = self.changed_values()
        if values or force:
            self.validate()
        if not values:
            return
        statement = sql.SQL("UPDATE {} SET {} WHERE uuid = %s").format(
            sql.Identifier(self.get_table().name),
            sql.SQL(", ").join(
                sql.SQL("{} = %s").format(sql.Identifier(name)) for name in values
            ),
        )
        with (
            self.neutral_conflicts(),
            self._get_engine().session_manager(session=session) as s,
        ):
            cursor = s.execute(statement, (*values.values(), self.get_id()))
            if cursor.rowcount == 0:
                raise exceptions.MailNotFound(noun=nouns.of(type(self).__name__))
            self._updated(values.keys() - {"updated_at"}, s)

    def _updated(self, names: tp.Collection[str], session: tp.Any) -> None:
        """Do what belongs to an update, in its transaction.

        Args:
            names: the changed fields.
            session: of the update.
        """
        if names:
            self.audit_update(names, session)

    def delete(self, session: tp.Any = None) -> None:
        """Remove the row; nothing happens if it is gone already.

        Raises:
            MailConflict: another row refers to this one.
        """
        with self.neutral_conflicts():
            super().delete(session=session)

    @classmethod
    @contextlib.contextmanager
    def neutral_conflicts(cls) -> tp.Iterator[None]:
        """Turn the errors of a write into those of `insert` and `update`."""
        try:
            yield
        except exceptions.MailConflict:
            raise
        except (storage_exceptions.DeadLock, errors.DeadlockDetected):
            raise exceptions.MailConflict(details=_BUSY) from None
        except (
            storage_exceptions.ConflictRecords,
            dialect_exceptions.Conflict,
            errors.UniqueViolation,
            errors.ForeignKeyViolation,
        ):
            raise exceptions.MailConflict(details=cls.__conflict__) from None
        except errors.CheckViolation as error:
            raise _broken_rule(error) from None
        except storage_exceptions.UnknownStorageException as error:
            # what the SDK's insert() and delete() do not know comes in this one
            if isinstance(error.__context__, dialect_exceptions.Conflict):
                raise exceptions.MailConflict(details=cls.__conflict__) from None
            if isinstance(error.__context__, errors.CheckViolation):
                raise _broken_rule(error.__context__) from None
            raise


def _broken_rule(error: errors.CheckViolation) -> exceptions.MailValidationError:
    # only our triggers raise it, with a wording of their own that holds no value
    return exceptions.MailValidationError(details=error.diag.message_primary)
