# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Files of the user that hold a secret: they must be closed to others."""

import io
import pathlib
import typing as tp

import click

from exordos_mail.send.commands import masking
from exordos_mail.standards import secret_file
from exordos_mail.standards.program import Failure


class SecretFile(click.File):
    """The type of an option that names a file with a secret; - is standard input."""

    def convert(
        self,
        value: tp.Any,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tp.Any:
        """Open the file, if nobody else can read it."""
        opened = super().convert(value, param, ctx)
        check(opened)
        return opened


def check(file: tp.IO[str]) -> None:
    """Refuse an open file that others can read; a pipe or a terminal is not judged.

    Raises:
        Failure: others can.
    """
    try:
        descriptor = file.fileno()
    except (OSError, io.UnsupportedOperation):
        return
    try:
        secret_file.check(descriptor, pathlib.Path(file.name))
    except secret_file.SecretFileError as error:
        raise Failure(str(error)) from None


def check_members(file: tp.IO[str], found: object) -> None:
    """Refuse an open file that others can read, if the JSON in it has a secret.

    Raises:
        Failure: it has, and others can.
    """
    if masking.has_secret(found):
        check(file)
