# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A node, hosts of others and the signed internet between, once for all tests here."""

import typing as tp

import pytest

from exordos_mail.standards import trust_anchor
from tests import lab
from tests.integration.exim_lab import node as node_lib

_ROOT_KEY = "anchor.key"


@pytest.fixture(scope="session")
def net() -> tp.Iterator[lab.Internet]:
    """The internet, with one authority."""
    with lab.Internet(secondary=False) as net:
        yield net


@pytest.fixture(scope="session")
def resolver(net: lab.Internet) -> dict[str, list[str]]:
    """What a control plane tells nodes there of their resolver."""
    lines = (net.home / _ROOT_KEY).read_text().splitlines()
    anchors = [trust_anchor.canonical(one) for one in lines]
    return {"forwarders": [net.resolver], "anchors": anchors}


@pytest.fixture(scope="session")
def node(
    net: lab.Internet, resolver: dict[str, list[str]]
) -> tp.Iterator[node_lib.Node]:
    """A node that serves alice@example.com and validates."""
    node = node_lib.Node(net)
    try:
        assert node.apply({"resolver": resolver}) == ["ACTIVE", ""]
        yield node
    finally:
        node.close()
