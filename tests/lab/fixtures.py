# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Fixtures: import them into a conftest.py or a test's module."""

import typing as tp

import pytest

from tests.lab import acme
from tests.lab import internet as internet_lib


@pytest.fixture(scope="module")
def signed_internet() -> tp.Iterator[internet_lib.Internet]:
    """A signed internet of the module's own; the test stays outside of it."""
    with internet_lib.Internet() as net:
        yield net


@pytest.fixture
def inside(
    signed_internet: internet_lib.Internet,
) -> tp.Iterator[internet_lib.Internet]:
    """The same, and the test's thread is inside."""
    with signed_internet.entered():
        yield signed_internet


@pytest.fixture(scope="module")
def pebble(signed_internet: internet_lib.Internet) -> acme.Pebble:
    """Pebble in it, which refuses one good nonce of five."""
    authority = acme.Pebble(signed_internet)
    authority.start()
    return authority
