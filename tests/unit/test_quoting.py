# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Only values that cannot mean anything to exim reach its configuration."""

import pytest

from exordos_mail.dataplane.services.exim import quoting

_NASTY = ["a b", "a\nb", "a:b", "a;b", "$x", "${run{x}}", "a\\b", "a{b", "", None, 5.5]


@pytest.mark.parametrize("value", _NASTY)
@pytest.mark.parametrize("name", quoting.FILTERS)
def test_nasty_values_are_refused(name, value):
    with pytest.raises(quoting.QuotingError):
        quoting.FILTERS[name](value)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("exim_domain", "example.com", "example.com"),
        ("exim_path", "/etc/exim4/lookups", "/etc/exim4/lookups"),
        ("exim_word", "Debian-exim", "Debian-exim"),
        ("exim_port", 465, "465"),
        ("exim_address", "192.0.2.1", "192.0.2.1"),
        ("exim_address", "::0", "::0"),
    ],
)
def test_plain_values_pass(name, value, text):
    assert quoting.FILTERS[name](value) == text


@pytest.mark.parametrize("path", ["relative", "/a/../b", "/a b", "/", "/-x", "/a\n"])
def test_bad_paths(path):
    with pytest.raises(quoting.QuotingError):
        quoting.exim_path(path)


@pytest.mark.parametrize("port", [0, -1, 65536, True, "25"])
def test_bad_ports(port):
    with pytest.raises(quoting.QuotingError):
        quoting.exim_port(port)
