# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""All the clients, for the parameters of tests."""

import pytest

from tests.clients import client, command_lines, libraries

CLIENTS: tuple[client.Client, ...] = (
    *libraries.LIBRARIES,
    *command_lines.COMMAND_LINES,
)


def _parameters(*wanted: client.Client) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("client", wanted, ids=lambda one: str(one.name))


each = _parameters(*CLIENTS)
each_that_pools = _parameters(*(one for one in CLIENTS if one.pools))
each_that_ends_at_once = _parameters(*(one for one in CLIENTS if one.ends_at_once))
each_as_written = _parameters(*(one for one in CLIENTS if one.as_written))
