# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Hosts of relays."""

import pytest

from exordos_mail.send import service
from exordos_mail.send.attachments import Limits
from exordos_mail.standards import relay, rule


@pytest.mark.parametrize(
    "host",
    [
        *("smtp.example.net", "smtp.example.net.", "localhost", "my_relay", "1mail"),
        *("192.0.2.1", "2001:db8::1", "::1", "xn--fa-hia.example"),
    ],
)
def test_name_or_address_is_a_host(host: str) -> None:
    assert relay.check_host(host) == host


@pytest.mark.parametrize(
    "host",
    [
        *("smtp.example.net:587", "192.0.2.1:25", "[::1]", "::1:zz", "a:b"),
        *("", ".", "a..b", "-a.example", "a-.example", ".example", "x" * 64),
        *("127.1", "300.0.0.1", "2130706433", "0x7f000001", "1.2.3.4.5"),
        *("fa\u00df.example", "a b", "a\n", "a/b", "smtp://a"),
    ],
)
def test_anything_else_is_refused_with_the_rule(host: str) -> None:
    with pytest.raises(rule.RuleError) as caught:
        relay.check_host(host)
    assert str(caught.value) == relay.HOST_RULE


def test_body_of_a_request_has_room_for_all_that_may_be_attached() -> None:
    letters = Limits().total_bytes * 4 // 3
    # Each line of 76 letters ends in `\\r\\n`, as JSON writes it.
    assert service.Service.body_max >= letters * 80 / 76 + 512 * 1024
