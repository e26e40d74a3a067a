# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Mail to hosts with TLSA records goes to the proved key, or waits (RFC 7672)."""

import typing as tp

import pytest

from tests import lab
from tests.integration.exim_lab import node as node_lib
from tests.integration.exim_lab import remote as remote_lib

#: Domain, address of its one host, whether it has a certificate.
_RIGHT, _WRONG, _CLEAR, _PLAIN = "192.0.2.31", "192.0.2.32", "192.0.2.33", "192.0.2.34"
_ADDRESSES = (_RIGHT, _WRONG, _CLEAR, _PLAIN)


@pytest.fixture(scope="module")
def remote(net: lab.Internet) -> tp.Iterator[remote_lib.Remote]:
    """Hosts of example.org with TLSA records, and one of a zone that is not signed."""
    authority = lab.Authority()
    hosts = remote_lib.Remote(net, _ADDRESSES)
    names = {
        _RIGHT: "right.example.org",
        _WRONG: "wrong.example.org",
        _CLEAR: "clear.example.org",
        _PLAIN: "plain.unsigned.test",
    }
    for address, name in names.items():
        # Issued by nobody whom the node knows: what counts is the record.
        pair = authority.issue(name)
        if address != _CLEAR:
            hosts.show(address, pair)
        net.set(name, "MX", [f"10 mx.{name}."])
        net.set(f"mx.{name}", "A", [address])
        shown = pair if address != _WRONG else authority.issue(name)
        if address != _PLAIN:
            net.set(f"_25._tcp.mx.{name}", "TLSA", [remote_lib.tlsa(shown)])
    with hosts.running():
        yield hosts


def test_right_key_is_verified(node: node_lib.Node, remote: remote_lib.Remote) -> None:
    message = node.submit("bob@right.example.org")
    assert "CV=dane" in node.ends(message, "=> bob@right.example.org")
    assert " X=TLS1" in remote.arrived("bob@right.example.org")


def test_other_key_is_told_nothing(
    node: node_lib.Node, remote: remote_lib.Remote
) -> None:
    message = node.submit("bob@wrong.example.org")
    reason = node.ends(message, "== bob@wrong.example.org")
    assert "TLS" in reason and "DANE" in node.log_of(message), node.log_of(message)
    assert not remote.arrived("bob@wrong.example.org")


def test_host_without_tls_is_told_nothing(
    node: node_lib.Node, remote: remote_lib.Remote
) -> None:
    message = node.submit("bob@clear.example.org")
    node.ends(message, "== bob@clear.example.org", "TLS")
    assert not remote.arrived("bob@clear.example.org")


def test_zone_that_is_not_signed_has_tls_if_it_is_offered(
    node: node_lib.Node, remote: remote_lib.Remote
) -> None:
    message = node.submit("bob@plain.unsigned.test")
    assert "CV=no" in node.ends(message, "=> bob@plain.unsigned.test")
    assert " X=TLS1" in remote.arrived("bob@plain.unsigned.test")


def test_forged_zone_waits_and_comes_when_it_is_right_again(
    node: node_lib.Node, remote: remote_lib.Remote, net: lab.Internet
) -> None:
    name = net.zone("forged.test")
    net.set(name, "MX", ["10 mx.right.example.org."])
    net.forge("forged.test")
    message = node.submit("bob@forged.test")
    node.ends(message, "== bob@forged.test", "defer")
    assert not remote.arrived("bob@forged.test")
    net.heal("forged.test")
    node.forget()
    node.retry(message)
    assert "CV=dane" in node.ends(message, "=> bob@forged.test")


@pytest.mark.parametrize("how", ["freeze", "kill"])
def test_resolver_that_is_away_comes_back_and_nothing_is_lost(
    node: node_lib.Node,
    remote: remote_lib.Remote,
    resolver: dict[str, tp.Any],
    how: str,
) -> None:
    recipient = f"{how}@right.example.org"
    getattr(node, how)("resolver")
    message = node.submit(recipient)
    node.ends(message, f"== {recipient}")
    assert not remote.arrived(recipient)
    assert "the resolver does not" in node.observe()[1]
    assert node.apply({"resolver": resolver}) == ["ACTIVE", ""]
    node.retry(message)
    assert "CV=dane" in node.ends(message, f"=> {recipient}")


def test_exim_that_asks_somebody_else_delivers_nothing(
    node: node_lib.Node, remote: remote_lib.Remote
) -> None:
    message = node.submit("hand@wrong.example.org")
    node.ends(message, "== hand@wrong.example.org")
    # Without the unit's mount it asks the platform's resolver, and believes nothing of
    # it: to that one, there is no DANE.
    node.retry_by_hand(message)
    node.ends(message, "== hand@wrong.example.org", "validating resolver is not asked")
    assert not remote.arrived("hand@wrong.example.org")
