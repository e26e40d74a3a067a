# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Which certificate nginx shows for which names."""

from exordos_mail.dataplane.engine import tls_pairs, tls_shown

_HERE = (b"chain made here", b"key made here")
_OWN = ("mx.example.net", "example.com")


def _pair(number: int, *names: str) -> tls_pairs.Pair:
    return tls_pairs.Pair(str(number), names[0], names, f"chain {number}\n", "key\n")


def _shown(*pairs: tls_pairs.Pair) -> list[tuple[tuple[str, ...], bytes]]:
    found = tls_shown.shown(tls_pairs.Choice(pairs), _OWN, lambda: _HERE)
    names = [name for one in found for name in one.names]
    assert len(names) == len(set(names)), "a name belongs to one site"
    return [(one.names, one.chain) for one in found]


def test_without_any_the_one_made_here_has_the_own_names() -> None:
    assert _shown() == [(_OWN, _HERE[0])]


def test_one_for_another_name_leaves_the_one_made_here() -> None:
    assert _shown(_pair(1, "mta-sts.example.com")) == [
        (_OWN, _HERE[0]),
        (("mta-sts.example.com",), b"chain 1\n"),
    ]


def test_that_of_the_host_name_comes_first() -> None:
    found = _shown(_pair(1, "a.example"), _pair(2, "mx.example.net", "b.example"))
    assert found == [
        (("mx.example.net", "example.com", "b.example"), b"chain 2\n"),
        (("a.example",), b"chain 1\n"),
    ]


def test_domain_with_one_of_its_own_keeps_it_beside_that_of_the_host_name() -> None:
    assert _shown(_pair(1, "example.com"), _pair(2, "mx.example.net")) == [
        (("mx.example.net",), b"chain 2\n"),
        (("example.com",), b"chain 1\n"),
    ]


def test_domain_stands_in_for_a_host_name_without_any() -> None:
    assert _shown(_pair(1, "example.com")) == [(_OWN, b"chain 1\n")]


def test_name_belongs_to_the_certificate_that_was_made_for_it() -> None:
    wide = _pair(1, "a.example", "b.example", "c.example")
    assert _shown(wide, _pair(2, "b.example", "c.example"))[1:] == [
        (("a.example", "c.example"), b"chain 1\n"),
        (("b.example",), b"chain 2\n"),
    ]
