# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A server with the service's connections, and an application of the test's own."""

import typing as tp

import pytest

from tests.integration.send_http.server import Server

Serve = tp.Callable[..., Server]


@pytest.fixture(scope="module")
def server() -> tp.Iterator[Server]:
    """A server with the shipped bounds."""
    made = Server()
    yield made
    made.close()


@pytest.fixture
def serve() -> tp.Iterator[Serve]:
    """For servers with bounds of their own."""
    made: list[Server] = []

    def start(**options: tp.Any) -> Server:
        made.append(Server(**options))
        return made[-1]

    yield start
    for one in made:
        one.close()
