# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""exim gets the node's resolver with its first proof, and has no other from then on."""

import typing as tp

import pytest

from tests import lab
from tests.integration.exim_lab import node as node_lib
from tests.integration.exim_lab import remote as remote_lib

_ADDRESS, _DOMAIN = "192.0.2.41", "proof.example.net"
#: Nobody is there.
_AWAY = ["192.0.2.99"]


@pytest.fixture(scope="module")
def remote(net: lab.Internet) -> tp.Iterator[remote_lib.Remote]:
    """A host with a TLSA record, whose certificate nobody else vouches for."""
    hosts = remote_lib.Remote(net, [_ADDRESS])
    pair = lab.Authority().issue(f"mx.{_DOMAIN}")
    hosts.show(_ADDRESS, pair)
    net.set(_DOMAIN, "MX", [f"10 mx.{_DOMAIN}."])
    net.set(f"mx.{_DOMAIN}", "A", [_ADDRESS])
    net.set(f"_25._tcp.mx.{_DOMAIN}", "TLSA", [remote_lib.tlsa(pair)])
    with hosts.running():
        yield hosts


def _arrives(node: node_lib.Node, local_part: str) -> str:
    recipient = f"{local_part}@{_DOMAIN}"
    return node.ends(node.submit(recipient), f"=> {recipient}")


def test_network_without_dnssec_goes_on_as_before(
    node: node_lib.Node, remote: remote_lib.Remote, resolver: dict[str, tp.Any]
) -> None:
    assert node.apply({}) == ["ACTIVE", ""]
    # As a node is told by default, which cannot prove this root by the internet's keys.
    told = {"forwarders": resolver["forwarders"], "anchors": []}
    assert node.apply({"resolver": told}) == ["ACTIVE", ""]
    assert "CV=no" in _arrives(node, "before")
    assert node.apply({"resolver": resolver}) == ["ACTIVE", ""]
    assert "CV=dane" in _arrives(node, "after")


def test_resolver_that_proved_itself_is_not_left(
    node: node_lib.Node, remote: remote_lib.Remote, resolver: dict[str, tp.Any]
) -> None:
    assert node.apply({"resolver": resolver}) == ["ACTIVE", ""]
    assert node.finds("resolver", "ok") == node.finds("mta_sts", "ok") == ""
    status, reason = node.apply({"resolver": {**resolver, "forwarders": _AWAY}})
    assert status == "ERROR" and "cannot prove the DNS root" in reason
    assert "cannot prove the DNS root" in node.finds("resolver", "degraded")
    recipient = f"away@{_DOMAIN}"
    message = node.submit(recipient)
    node.ends(message, f"== {recipient}")
    assert node.apply({"resolver": resolver}) == ["ACTIVE", ""]
    node.retry(message)
    assert "CV=dane" in node.ends(message, f"=> {recipient}")


def test_operator_who_wants_none_has_none(
    node: node_lib.Node, remote: remote_lib.Remote, resolver: dict[str, tp.Any]
) -> None:
    assert node.apply({"resolver": resolver}) == ["ACTIVE", ""]
    assert node.apply({}) == ["ACTIVE", ""]
    assert node.orders("resolver")[-1] == "stop"
    assert "CV=no" in _arrives(node, "none")
    assert node.apply({"resolver": resolver}) == ["ACTIVE", ""]


def test_configuration_that_somebody_changes_is_repaired(
    node: node_lib.Node, resolver: dict[str, tp.Any]
) -> None:
    assert node.apply({"resolver": resolver}) == ["ACTIVE", ""]
    node.write("/etc/unbound/exordos_mail/unbound.conf", "server:\n")
    assert "unbound.conf is not as it should be" in node.observe()[1]
    assert node.apply({"resolver": resolver}) == ["ACTIVE", ""]
