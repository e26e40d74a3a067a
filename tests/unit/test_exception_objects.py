# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""No exception object outlives the call that raises it."""

import pathlib

import pytest

from tests.unit import exception_rule

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_HEAD = """
import functools
from elsewhere import MISSING, Missing, errors

class Refused(Exception):
    pass

class Late(Refused):
    pass

def refused(text) -> Refused:
    return Refused(text)
"""


def _broken(text: str) -> list[str]:
    rule = exception_rule.Rule([("here.py", _HEAD + text)])
    return rule.made() + rule.raised()


@pytest.mark.parametrize(
    "text",
    [
        "GONE = Refused('gone')",
        "GONE: Refused = Late('gone')",
        "GONE = ValueError()",
        "GONE = refused('gone')",
        "TABLE = {404: Late('gone')}",
        "if True:\n    GONE = errors.HTTPError(404)",
        "class Kept:\n    gone = Refused('gone')",
        "def f(default=Refused('gone')):\n    pass",
        "def f(*, default=Refused('gone')):\n    pass",
        "def f():\n    raise GONE",
        "def f():\n    raise MISSING",
        "def f():\n    raise errors.GONE",
        "def f():\n    raise Refused.GONE",
        "def f(self):\n    raise self.failure",
        "def f(self):\n    raise self.failures[0]",
        "def f():\n    raise TABLE[404]",
        "def f():\n    raise Refused('x') from MISSING",
        "def f():\n    try:\n     g()\n    except E:\n     raise MISSING from None",
        "def f():\n    found = MISSING\n    raise found",
        "def f(x):\n    found = Refused('x') if x else MISSING\n    raise found",
        "def f(x):\n    raise x and MISSING",
        "async def f():\n    raise MISSING",
        "def f(future):\n    future.set_exception(MISSING)",
        "def f(task):\n    task.throw(MISSING)",
        "async def f():\n    def g():\n        raise MISSING\n    g()",
    ],
)
def test_kept_exception_object_is_found(text: str) -> None:
    assert _broken(text), text


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    raise Refused('x')",
        "def f():\n    raise Late",
        "def f():\n    raise errors.HTTPError from None",
        "def f():\n    raise refused('x') from None",
        "def f():\n    try:\n     g()\n    except E as e:\n     raise Late() from e",
        "def f(error):\n    raise error",
        "def f():\n    too_large = Refused('x')\n    raise too_large",
        "def f(future, error):\n    future.set_exception(error)",
        "def f():\n    try:\n        g()\n    except OSError:\n        raise",
        "CODES = {Refused: 404}",
        "def f():\n    return Refused('x')",
        "raise SystemExit(1)",
    ],
)
def test_new_exception_object_is_no_fault(text: str) -> None:
    assert _broken(text) == []


def test_no_exception_object_of_this_tree_is_kept() -> None:
    product = exception_rule.of_directory(_ROOT / "exordos_mail", _ROOT / "bench")
    assert product.made() + product.raised() == []
    assert exception_rule.of_directory(_ROOT / "tests").raised() == []
