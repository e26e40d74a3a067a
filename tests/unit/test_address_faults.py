# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Each way in which a text is no address has a text of its own."""

import pytest

from exordos_mail.send.content import address

_CAUSES = {
    "is empty": ["", "  ", "<>"],
    "there is no @": ["a", "Ann", "Ann <ann>"],
    "before the @, is empty": ["@example.com", "Ann <@example.com>"],
    "more than 64 octets": ["x" * 65 + "@example.com", "ä" * 33 + "@example.com"],
    "quotation mark": ['"a b"@example.com', 'a"b@example.com'],
    "local part, before the @, has a blank": ["a b@example.com", "a\tb@example.com"],
    "control character or an invisible one": ["a\u202eb@example.com", "a\x00b@e.com"],
    "more than one @": ["a@b@example.com"],
    "a sign that is not allowed: letters": ["a(b@example.com", "a\\b@example.com"],
    "two dots in a row": ["a..b@example.com", ".a@example.com", "a.@example.com"],
    "can be read as a sign": ["a\uff20b@example.com"],
    "several: write them as a list": ["a@example.com, b@example.com", "a@b.c;d@e.f"],
    "no < before": ["a@example.com>"],
    "no > at the end": ["Ann <a@example.com", "<a@example.com"],
    "after the @, is empty": ["a@"],
    "is an IP address": ["a@127.0.0.1", "a@[127.0.0.1]", "a@[IPv6:::1]"],
    "domain, after the @, has a blank": ["a@exa mple.com", "a@example.com\n"],
    "ends with a dot": ["a@example.com."],
    "begins with a dot": ["a@.example.com", "a@example..com"],
    "a label of more than 63": ["a@" + "x" * 64 + ".com"],
    "ends with a hyphen": ["a@-example.com", "a@example-.com"],
    "has an underscore": ["a@exa_mple.com"],
    "is a single label": ["a@localhost"],
    "none of letters, digits": ["a@exa+mple.com"],
    "UTS 46": ["a@i❤.example"],
    "at most 254 octets": ["x" * 1_000_000 + "@example.com"],
}


@pytest.mark.parametrize(
    ("wanted", "text"),
    [(wanted, text) for wanted, texts in _CAUSES.items() for text in texts],
)
def test_cause_is_named(wanted: str, text: str) -> None:
    with pytest.raises(address.AddressError) as caught:
        address.parse(text)
    assert wanted in str(caught.value)
