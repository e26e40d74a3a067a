# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""docs/send/limits.md is what the code enforces."""

import pathlib

from exordos_mail.send import limits
from exordos_mail.send.api import limits_page

FILE = pathlib.Path(__file__).parents[3] / "docs/send/limits.md"


def test_the_page_is_what_the_code_says() -> None:
    assert FILE.read_text() == limits_page.page(), "run `make openapi`"


def test_every_registered_bound_is_on_the_page() -> None:
    text = FILE.read_text()
    for one in limits.ALL:
        assert one.what in text
        assert f"{one.value:,}" in text


def test_bounds_inside_of_lists_and_choices_are_found() -> None:
    schema = {"anyOf": [{"items": {"maxLength": 7}, "maxItems": 3}, {"type": "null"}]}
    assert list(limits_page.bounds_of(schema)) == [
        "at most 3 entries",
        "at most 7 characters",
    ]
