# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Addresses that may be connected to."""

import ipaddress

import pytest

from exordos_mail.send.attachments.policy import Policy


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111"])
def test_public_addresses_are_permitted(address: str) -> None:
    assert Policy().permits(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.1",
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",  # metadata of Alibaba
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",  # metadata of Azure
        "169.254.169.254",  # metadata of most
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",  # metadata of Oracle
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",  # IPv4-compatible
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "64:ff9b:1::a00:1",
        "100::1",
        "2001::1",  # Teredo
        "2001:db8::1",
        "2002:7f00:1::",  # 6to4 of 127.0.0.1
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",  # metadata of Amazon
        "fe80::1",
        "fe80::1%1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_special_addresses_are_not_permitted(address: str) -> None:
    assert not Policy().permits(ipaddress.ip_address(address))


def test_a_network_of_the_operator_is_permitted_and_no_other() -> None:
    policy = Policy(networks=(_network("10.1.0.0/16"), _network("fd00:1::/32")))
    assert policy.permits(ipaddress.ip_address("10.1.2.3"))
    assert policy.permits(ipaddress.ip_address("fd00:1::5"))
    assert not policy.permits(ipaddress.ip_address("10.2.0.1"))
    assert not policy.permits(ipaddress.ip_address("::ffff:10.1.2.3"))


def test_behind_an_allowed_nat64_the_inner_address_is_judged() -> None:
    policy = Policy(networks=(_network("64:ff9b::/96"),))
    assert policy.permits(ipaddress.ip_address("64:ff9b::808:808"))
    assert not policy.permits(ipaddress.ip_address("64:ff9b::a9fe:a9fe"))
