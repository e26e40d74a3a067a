# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""How the service introduces itself."""

import socket

import click
import pytest

from exordos_mail.send import settings
from exordos_mail.send.smtp import greeting_name
from tests.unit.send.chosen import chosen


def _read(name: str) -> settings.Settings:
    return chosen(f"--ehlo-name={name}")


@pytest.mark.parametrize(
    "name",
    [
        "mail.example.com",
        "a.b",
        "xn--fa-hia.example",
        "1.example.com",
        "[192.0.2.1]",
        "[IPv6:2001:db8::1]",
        "[ipv6:::1]",
    ],
)
def test_name_that_may_stand_in_ehlo(name: str) -> None:
    assert _read(name).ehlo_name == name


@pytest.mark.parametrize(
    "name",
    [
        *("localhost", "mail_1.example.com", "-a.example.com", "a-.example.com"),
        *("192.0.2.1", "[2001:db8::1]", "[IPv6:fe80::1%eth0]", "[IPv6:192.0.2.1]"),
        *("a.example.com ", "a.example.com\n", "a..b", ".a.b", "a.b.", "büro.example"),
        *("a.example.com\r\nMAIL FROM:<x@example.com>", "a.b c", "[]", "(none)"),
        *("x" * 64 + ".example", "a." * 130 + "example", "host:8080"),
    ],
)
def test_name_that_may_not(name: str) -> None:
    with pytest.raises(click.BadParameter) as caught:
        _read(name)
    assert "--ehlo-name" in caught.value.format_message()
    assert "write a host name" in caught.value.format_message()


def test_first_relay_at_a_port_of_tls_is_refused_at_once() -> None:
    with pytest.raises(click.BadParameter) as caught:
        chosen("--smtp=mx.example.com:465")
    assert "--smtp" in caught.value.format_message()
    assert "port 465 is TLS from the first" in caught.value.format_message()


def test_without_the_option_there_is_none() -> None:
    assert chosen().ehlo_name is None


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("mx.example.com", "mx.example.com"),
        ("mx.example.com.", "mx.example.com"),
        ("localhost", None),
        ("localhost.localdomain", None),
        ("vm.localhost", None),
        ("box", None),
        ("my_box.example.com", None),
        ("127.0.0.1", None),
    ],
)
def test_name_of_the_machine(
    name: str, wanted: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getfqdn", lambda: name)
    assert greeting_name.of_this_machine() == wanted


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("192.0.2.1", "[192.0.2.1]"),
        ("2001:db8::1", "[IPv6:2001:db8::1]"),
        ("fe80::1%eth0", "[IPv6:fe80::1]"),
        ("::ffff:192.0.2.1", "[192.0.2.1]"),
        ("", "[127.0.0.1]"),
    ],
)
def test_literal_of_an_address(address: str, wanted: str) -> None:
    assert greeting_name.literal(address) == wanted
    assert greeting_name.check(wanted) == wanted
