# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a connection counts for."""

import pytest

from exordos_mail.send.net import door


@pytest.mark.parametrize(
    ("peer", "source"),
    [
        (("192.0.2.1", 4711), "192.0.2.1"),
        (("::ffff:192.0.2.1", 4711, 0, 0), "192.0.2.1"),
        (("2001:db8:1:2:3::4", 4711, 0, 0), "2001:db8:1:2::/64"),
        (("2001:db8:1:2:ffff::", 1, 0, 0), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 1, 0, 2), "fe80::/64"),
        ("", ""),
        (None, ""),
    ],
)
def test_source_is_an_address_or_the_network_of_one_client(
    peer: object, source: str
) -> None:
    assert door.source_of(peer) == source


@pytest.mark.parametrize(
    ("values", "client"),
    [
        ([b"192.0.2.1"], ("192.0.2.1", 0)),
        ([b"2001:db8::1"], ("2001:db8::1", 0)),
        # What the client has said of itself stands before what the proxy says.
        ([b"198.51.100.1, 192.0.2.1"], ("192.0.2.1", 0)),
        ([b"198.51.100.1", b"192.0.2.1"], ("192.0.2.1", 0)),
        ([], None),
        ([b""], None),
        ([b"unknown"], None),
        ([b"192.0.2.1, \xff"], None),
        ([b"192.0.2.1:80"], None),
    ],
)
def test_client_of_a_proxy(values: list[bytes], client: object) -> None:
    headers = [(b"host", b"x"), *((b"x-forwarded-for", value) for value in values)]
    assert door.forwarded(headers) == client
