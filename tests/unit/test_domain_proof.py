# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The record that proves a domain's ownership, and names in other scripts."""

import uuid as sys_uuid

import pytest

from exordos_mail.standards import domain_proof, idn

ONE, TWO = sys_uuid.UUID(int=1), sys_uuid.UUID(int=2)


def test_the_record_is_bound_to_project_instance_and_domain() -> None:
    assert domain_proof.name("example.org") == "_exordos-mail.example.org"
    known = domain_proof.value(ONE, TWO, "example.org")
    assert known == "exordos-mail=nxikzrkeqvqkmsechz457p3sze"
    assert known == domain_proof.value(ONE, TWO, "example.org")
    others = {
        domain_proof.value(TWO, ONE, "example.org"),
        domain_proof.value(ONE, ONE, "example.org"),
        domain_proof.value(ONE, TWO, "example.net"),
    }
    assert len(others | {known}) == 4


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("example.org", "example.org"),
        ("xn--fa-hia.example", "faß.example"),
        ("xn--e1afmkfd.xn--p1ai", "пример.рф"),
        # no A-labels, and names that DNS has all the same
        ("xn--a.example", "xn--a.example"),
        ("xn--zzzzzzzzzzzz-.example", "xn--zzzzzzzzzzzz-.example"),
        ("xn--.example", "xn--.example"),
    ],
)
def test_a_name_is_shown_in_its_own_script(name: str, shown: str) -> None:
    assert idn.to_unicode(name) == shown
