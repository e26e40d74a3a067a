#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

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
        "ä@example.com",
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


def test_name_that_needs_it_is_encoded() -> None:
    assert address.header(address.Mailbox("Ä", "a@example.com")).isascii()
    quoted = address.header(address.Mailbox("a, b", "a@example.com"))
    assert quoted == '"a, b" <a@example.com>'
