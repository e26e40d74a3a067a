# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""IPv6 is listened on always and used for delivery while the machine has it."""

import socket
import subprocess

import pytest

from exordos_mail.dataplane.services.exim import probe
from tests.integration.exim import raw, waiting


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _domains_of_ipv4_only() -> str:
    option = _run("exim4", "-bP", "dns_ipv4_lookup").partition(" = ")[2].strip()
    return _run("exim4", "-be", option).strip()


@pytest.fixture
def global_address():
    _run("ip", "address", "add", "2001:db8::1/64", "dev", "cable", "nodad")
    yield
    _run("ip", "address", "del", "2001:db8::1/64", "dev", "cable")


def test_machine_without_a_global_address_asks_for_ipv4_only(mail):
    assert _domains_of_ipv4_only() == "*"


def test_machine_with_a_global_address_asks_for_both(mail, global_address):
    waiting.until(lambda: _domains_of_ipv4_only() == "!*", "the address is seen")


@pytest.mark.parametrize("port", [25, 587])
def test_ipv6_is_listened_on(mail, port):
    with socket.create_connection(("::1", port), timeout=5) as connection:
        assert connection.recv(100).startswith(b"220 example.com ESMTP")


def test_loopback_is_told_the_revision_on_ipv6_too(mail):
    with socket.create_connection(("::1", 25), timeout=5) as connection:
        banner = connection.recv(100).decode()
    assert probe.running_revision(mail.layout) in banner


@pytest.mark.parametrize("name", ["local6", "link6", "mapped6", "nat64", "6to4"])
def test_what_is_not_global_unicast_gets_no_mail(mail, internet, global_address, name):
    waiting.until(lambda: _domains_of_ipv4_only() == "!*", "the address is seen")
    with raw.as_alice() as alice:
        alice.say("MAIL FROM:<alice@example.com>")
        answer = alice.say(f"RCPT TO:<bob@{name}.test>")
        assert answer.startswith("550"), answer
        assert alice.say("RCPT TO:<bob@global6.test>").startswith("250")
