# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""All nouns: what the modules beside this one define as NOUN."""

import functools
import importlib
import pkgutil

from exordos_mail import schema
from exordos_mail.schema.noun import Noun


@functools.cache
def nouns() -> dict[str, Noun]:
    """Return all nouns by name, each after the one that it belongs to."""
    found = {}
    for module in sorted(one.name for one in pkgutil.iter_modules(schema.__path__)):
        value = getattr(
            importlib.import_module(f"{schema.__name__}.{module}"), "NOUN", None
        )
        if isinstance(value, Noun):
            found[value.name] = value
    return {
        one.name: one for one in sorted(found.values(), key=lambda n: _depth(n, found))
    }


def below(parent: str) -> list[Noun]:
    """Return the nouns that belong to another one ("": to nothing)."""
    return [one for one in nouns().values() if one.below == parent]


def of_model(model: str) -> Noun:
    """Return the noun of a model's class name (KeyError: it is none's)."""
    return {one.model: one for one in nouns().values()}[model]


def path(noun: Noun) -> tuple[str, ...]:
    """Return the names of the collections from the top down to the noun's."""
    if not noun.below:
        return (noun.plural,)
    return (*path(nouns()[noun.below]), noun.plural)


def _depth(noun: Noun, known: dict[str, Noun]) -> int:
    return 1 + _depth(known[noun.below], known) if noun.below else 0
