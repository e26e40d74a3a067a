# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The rules of usernames and domains."""

import hypothesis
import hypothesis.strategies as st
import pytest

from exordos_mail.standards import address


@pytest.mark.parametrize(
    "name",
    ["a", "alice", "a.b", "a.b.c", "a_b", "a+tag", "a-b", "-", "7", "x" * 64],
)
def test_a_username_of_the_rule_is_accepted(name: str) -> None:
    assert address.check_username(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x" * 65,
        "Alice",
        "alice@example.com",
        "alice:x",
        "alice\n",
        "\nalice",
        "al\nice",
        "alice\r",
        "alice\0",
        "al ice",
        " alice",
        "alice\t",
        ".alice",
        "alice.",
        "al..ice",
        "álice",
        "\u0430lice",  # a Cyrillic first letter
        "al\u2024ice",
        "alice\x7f",
        "al/ice",
        "al*ice",
        '"alice"',
        "\u0663",  # a digit, but not of ASCII
        None,
        1,
        True,
        ["alice"],
        {"alice": 1},
        b"alice",
    ],
)
def test_any_other_username_is_refused_with_the_rule(name: object) -> None:
    with pytest.raises(address.AddressPartError) as caught:
        address.check_username(name)
    assert str(caught.value) == address.USERNAME_RULE


@pytest.mark.parametrize(
    "domain",
    [
        "example.com",
        "a.b",
        "mail.example.co.uk",
        "xn--e1afmkfd.xn--p1ai",
        "1.example",
        "a-b.c--d.example",
        "x" * 63 + ".example",
        ".".join(["x" * 61] * 4) + ".test",  # 252
        ".".join(["x" * 62, "x" * 62, "x" * 62, "x" * 59, "test"]),
    ],
)
def test_a_canonical_domain_is_accepted(domain: str) -> None:
    assert len(domain) <= address.DOMAIN_MAX
    assert address.check_domain(domain) == domain


@pytest.mark.parametrize(
    ("domain", "canonical"),
    [
        ("Example.COM", "example.com"),
        ("example.com.", "example.com"),
        ("EXAMPLE.com.", "example.com"),
        ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
        ("Bücher.example", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("ΣΊΣΥΦΟΣ.example", "xn--kxa6akbbkh.example"),
        ("Bücher。example", "xn--bcher-kva.example"),
    ],
)
def test_another_spelling_is_refused_with_the_canonical_form(
    domain: str, canonical: str
) -> None:
    with pytest.raises(address.AddressPartError) as caught:
        address.check_domain(domain)
    assert str(caught.value) == f"{address.DOMAIN_RULE}; write {canonical}"


@pytest.mark.parametrize(
    "domain",
    [
        "",
        ".",
        "com",
        "localhost",
        "a..b",
        ".example.com",
        "example.com..",
        "-a.example",
        "a-.example",
        "a_b.example",
        "x" * 64 + ".example",
        ".".join(["x" * 61] * 4) + ".tests.x",
        "x." * 127 + "x",
        "example.com\n",
        "\nexample.com",
        "exam\nple.com",
        "example.com\0",
        "example .com",
        "example.com ",
        "*.example.com",
        "a@example.com",
        "example.com:25",
        "https://example.com",
        "192.0.2.1",
        "1.2.3",
        "127.1",
        "[192.0.2.1]",
        "2001:db8::1",
        "::1",
        "a.1",
        "i❤.example",
        "ex\uff20mple.com",
        ".".join(["ä"] * 1_000_000),
        None,
        3,
        True,
        ["example.com"],
        b"example.com",
    ],
)
def test_no_canonical_form_is_guessed_for_anything_else(domain: object) -> None:
    with pytest.raises(address.AddressPartError) as caught:
        address.check_domain(domain)
    assert str(caught.value) == address.DOMAIN_RULE


@hypothesis.given(st.text(max_size=300))
def test_what_is_accepted_is_safe_in_a_file_of_lines_and_colons(text: str) -> None:
    for check in (address.check_username, address.check_domain):
        try:
            accepted = check(text)
        except address.AddressPartError:
            continue
        assert accepted == text
        assert not set(text) & set(":\n\r\0 \t@/\\'\"$")
        assert text == text.lower() and text.isascii()


@hypothesis.given(st.text(max_size=300))
def test_the_canonical_form_that_is_proposed_is_itself_accepted(text: str) -> None:
    try:
        address.check_domain(text)
    except address.AddressPartError as error:
        _, found, canonical = str(error).rpartition("; write ")
        if found:
            assert address.check_domain(canonical) == canonical
