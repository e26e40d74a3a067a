# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Options of the command line, made of a noun's fields."""

import collections.abc as abc
import typing as tp

import click

from exordos_mail.schema.field import Field

_Decorator = tp.Callable[[tp.Any], tp.Any]


def options_of(fields: abc.Iterable[Field]) -> abc.Iterator[_Decorator]:
    """Yield an option for each field that is a number or a word."""
    for one in fields:
        yield click.option(
            f"--{one.name.replace('_', '-')}",
            type=click.Choice(one.words) if one.words else int,
            help=one.text,
        )
