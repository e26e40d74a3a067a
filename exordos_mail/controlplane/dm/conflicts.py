# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Errors of the database that a client has caused, without what PostgreSQL says.

PostgreSQL's texts show the values of rows and the names of constraints.
"""

import contextlib
import typing as tp

from psycopg import errors
from restalchemy.storage import exceptions as storage_exceptions
from restalchemy.storage.sql.dialect import exceptions as dialect_exceptions

from exordos_mail.controlplane.dm import exceptions

_BUSY = "another change of the same object is under way; try again"


@contextlib.contextmanager
def neutral(clash: str) -> tp.Iterator[None]:
    """Turn the errors of a write into ours.

    Args:
        clash: what a clash with another row says.

    Raises:
        MailConflict: the write clashes with another row, or with another writer.
        MailValidationError: a rule of the database refused the write.
    """
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
        raise exceptions.MailConflict(details=clash) from None
    except errors.RestrictViolation as error:
        raise _in_use(error) from None
    except errors.CheckViolation as error:
        raise _broken_rule(error) from None
    except storage_exceptions.UnknownStorageException as error:
        # what the SDK's insert() and delete() do not know comes in this one
        if isinstance(error.__context__, dialect_exceptions.Conflict):
            raise exceptions.MailConflict(details=clash) from None
        if isinstance(error.__context__, errors.RestrictViolation):
            raise _in_use(error.__context__) from None
        if isinstance(error.__context__, errors.CheckViolation):
            raise _broken_rule(error.__context__) from None
        raise


def _in_use(error: errors.RestrictViolation) -> exceptions.MailConflict:
    # as for a broken rule: a foreign key of ours never says RESTRICT
    return exceptions.MailConflict(details=error.diag.message_primary)


def _broken_rule(error: errors.CheckViolation) -> exceptions.MailValidationError:
    # only our triggers raise it, with a wording of their own that holds no value
    return exceptions.MailValidationError(details=error.diag.message_primary)
