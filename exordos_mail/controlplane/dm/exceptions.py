# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Errors of the models: each is a client's mistake with a text for a person.

The REST middleware answers them with their code and text, and logs that text,
so a text never holds a value that was sent.
"""

from restalchemy.common import exceptions as ra_exceptions
from restalchemy.storage import exceptions as storage_exceptions


class MailValidationError(ra_exceptions.ValidationErrorException):
    """A value breaks a rule (400); `details` says which and how."""

    message = "%(details)s"


class MailNotFound(storage_exceptions.RecordNotFound):
    """There is no such object where the request looks for it (404).

    Takes the place of the SDK's error, whose text shows the model's class and the
    whole parent object. Whether the object is another project's, or nobody's, is
    not told.

    Args:
        noun: what is missing, see `schema.noun.Noun.title`.
    """

    message = "no such %(noun)s"


class MailConflict(storage_exceptions.ConflictRecords):
    """The write clashes with another row (409).

    Takes the place of the SDK's error, whose text is PostgreSQL's: it shows
    the values of the row and names of constraints.
    """

    message = "%(details)s"
