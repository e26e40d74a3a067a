# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Addresses of senders and recipients."""

import pytest

from exordos_mail.send.content import address


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("a@example.com", "", "a@example.com"),
        ("A.b+c@EXAMPLE.com", "", "A.b+c@example.com"),
        ("Ann <a@example.com>", "Ann", "a@example.com"),
        ('"Smith, \\"Ann\\"" <a@example.com>', 'Smith, "Ann"', "a@example.com"),
        ("<a@example.com>", "", "a@example.com"),
        ("a@bücher.example", "", "a@xn--bcher-kva.example"),
        ("a@faß.example", "", "a@xn--fa-hia.example"),
        ("a@FAẞ.example", "", "a@xn--fa-hia.example"),
        ("a@βόλος.example", "", "a@xn--nxasmm1c.example"),
        ("a@Bücher。example", "", "a@xn--bcher-kva.example"),
        ("Jörg@example.com", "", "Jörg@example.com"),
        ("jo\u0308rg@example.com", "", "j\u00f6rg@example.com"),
        ("用户@例え.example", "", "用户@xn--r8jz45g.example"),
    ],
)
def test_good_address(text: str, name: str, found: str) -> None:
    assert address.parse(text) == (name, found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "@example.com",
        "a@",
        "a@b",
        "a@127.0.0.1",
        "a@[127.0.0.1]",
        "a..b@example.com",
        ".a@example.com",
        "a@exa mple.com",
        "a b@example.com",
        "a@example.com\n",
        "a@example.com>",
        "a>@example.com",
        "Ann\n<a@example.com>",
        "Ann\x00 <a@example.com>",
        "ä" * 33 + "@example.com",
        "a\u00a0b@example.com",
        "a\u202eb@example.com",
        "a\u2028b@example.com",
        "a\x85b@example.com",
        "a\ud800b@example.com",
        "a\uff20b@example.com",
        "a\uff0cb@example.com",
        "a@i❤.example",
        "a@ex\uff20mple.com",
        "a@" + ".".join(["ä"] * 1_000_000),
        "x" * 1_000_000 + "@example.com",
        "a@" + "." * 1_000_000,
        "<" * 1_000_000 + "a@example.com>",
        "x" * 65 + "@example.com",
        "a@" + "x" * 64 + ".com",
        "a@example.com, b@example.com",
        '"a b"@example.com',
    ],
)
def test_bad_address_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(address.AddressError) as caught:
        address.parse(text)
    assert len(text) < 4 or text not in str(caught.value)
