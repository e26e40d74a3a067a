# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""One word, one thing: public classes of one package have names of their own."""

import ast
import collections
import pathlib

import pytest

PRODUCT = pathlib.Path(__file__).parents[2] / "exordos_mail"
PACKAGES = (
    *("cli", "controlplane", "dataplane", "protocol", "schema", "send", "standards"),
)
#: Names that stand twice. Take out what is named better; put nothing in.
KNOWN: dict[str, set[str]] = {"dataplane": {"Refused"}}


def _named_twice(package: str) -> set[str]:
    found: collections.Counter[str] = collections.Counter()
    for path in (PRODUCT / package).rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name] += 1
    return {name for name, count in found.items() if count > 1}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_two_public_classes_have_one_name(package: str) -> None:
    twice = _named_twice(package)
    known = KNOWN.get(package, set())
    assert twice <= known, f"give them names of their field: {twice - known}"
    assert known <= twice, f"take out of KNOWN: {known - twice}"


def test_every_package_is_looked_at() -> None:
    there = {path.parent.name for path in PRODUCT.glob("*/__init__.py")}
    assert there - {"migrations"} <= set(PACKAGES)
