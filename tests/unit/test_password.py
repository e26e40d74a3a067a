# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Passwords and hashes, each format held against the real crypt(3)."""

import time

import hypothesis
import hypothesis.strategies as st
import pytest

from exordos_mail.standards import password
from tests.unit import libcrypt


@pytest.mark.parametrize("name", libcrypt.HASHES)
def test_every_accepted_format_is_verified_by_the_real_crypt(name: str) -> None:
    made = libcrypt.HASHES[name]
    assert made is not None and libcrypt.verifies(libcrypt.SECRET, made)
    assert not libcrypt.verifies("another", made)
    assert password.check_hash(made) == made
    assert password.crypt_hash(made) == made


@pytest.mark.parametrize("name", libcrypt.HASHES)
def test_a_damaged_hash_of_any_format_is_refused(name: str) -> None:
    made = str(libcrypt.HASHES[name])
    for damaged in (
        made[:-1],
        made + ".",
        made + "\n",
        made + " ",
        made + ":",
        made + "\0",
        "\n" + made,
        " " + made,
        made[:-1] + "!",
        made[:-1] + "ä",
        made[:-1] + ":",
        made[: len(made) // 2] + ":" + made[len(made) // 2 + 1 :],
        made[: len(made) // 2] + "\n" + made[len(made) // 2 + 1 :],
        made + made,
    ):
        with pytest.raises(password.PasswordError):
            password.check_hash(damaged)


# In these formats the last character of the digest carries fewer than 6 bits.
SHORT_LAST = [name for name in libcrypt.HASHES if name not in ("sha1crypt", "NT")]


@pytest.mark.parametrize("name", SHORT_LAST)
def test_a_last_character_that_no_digest_ends_in_is_refused(name: str) -> None:
    # the decisive part: what is refused here, crypt(3) can never produce
    made = str(libcrypt.HASHES[name])
    with pytest.raises(password.PasswordError):
        password.check_hash(made[:-1] + "z")


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "secret",
        "hunter2hunter2",
        "correct horse battery staple",
        "*",
        "!",
        "*0",
        "x",
        "$6$",
        "$6$salt$",
        "$6$salt$short",
        "$6$rounds=10$abc$" + "a" * 85 + ".",
        "$6$rounds=999$abc$" + "a" * 85 + ".",
        "$6$rounds=01000$abc$" + "a" * 85 + ".",
        "$6$rounds=1000001$abc$" + "a" * 85 + ".",
        "$6$rounds=999999999$abc$" + "a" * 85 + ".",
        "$6$rounds=abc$" + "a" * 85 + ".",
        "$6$rounds=\u0665\u0665\u0665\u0665$abc$" + "a" * 85 + ".",
        "$6$" + "a" * 17 + "$" + "a" * 85 + ".",
        "$6$a b$" + "a" * 85 + ".",
        "$6$a:b$" + "a" * 85 + ".",
        "$5$abc$" + "a" * 85 + ".",
        "$1$" + "a" * 9 + "$" + "a" * 21 + ".",
        "$2b$15$KBCwKxOzLha2MUDgW0PjXeGy8zDyKFegpVV4y0qPBUgij10WNyKY6",
        "$2b$31$KBCwKxOzLha2MUDgW0PjXeGy8zDyKFegpVV4y0qPBUgij10WNyKY6",
        "$2b$03$KBCwKxOzLha2MUDgW0PjXeGy8zDyKFegpVV4y0qPBUgij10WNyKY6",
        "$2b$5$KBCwKxOzLha2MUDgW0PjXeGy8zDyKFegpVV4y0qPBUgij10WNyKY6",
        "$2c$05$KBCwKxOzLha2MUDgW0PjXeGy8zDyKFegpVV4y0qPBUgij10WNyKY6",
        "$2b$05$KBCwKxOzLha2MUDgW0PjXfGy8zDyKFegpVV4y0qPBUgij10WNyKY6",
        "$y$jCT$F5Jx5fExrKuPp53xLKQ..1$" + "a" * 42 + ".",
        "$y$jFT$F5Jx5fExrKuPp53xLKQ..1$" + "a" * 42 + ".",
        "$y$j9T$F5Jx5fExrKuPp53xLKQ..$" + "a" * 42 + ".",
        "$y$j.T$F5Jx5fExrKuPp53xLKQ..1$" + "a" * 42 + ".",
        "$7$DU..../....salt$" + "a" * 42 + ".",
        "$7$CU....0....salt$" + "a" * 42 + ".",
        "$7$CU.........salt$" + "a" * 42 + ".",
        "$7$C...../....salt$" + "a" * 42 + ".",
        "$sha1$0$salt$" + "a" * 28,
        "$sha1$05$salt$" + "a" * 28,
        "$sha1$1000001$salt$" + "a" * 28,
        "$sha1$5$$" + "a" * 28,
        "$md5,rounds=0$salt$$" + "a" * 21 + ".",
        "$md5,rounds=500001$salt$$" + "a" * 21 + ".",
        "$3$$878d8014606cda29677a44efa1353fc",
        "$3$$878D8014606CDA29677A44EFA1353FC7",
        "$3$abc$878d8014606cda29677a44efa1353fc7",
        "_zzzzk2XAYfyaWNeEMnc",
        "_J9..k2XAYfyaWNeEMnd",
        "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
        "{SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
        "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
        "{PLAIN}secret",
        "{MD5}5f4dcc3b5aa765d61d8327deb882cf99",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "{SHA512-CRYPT}",
        "{}" + libcrypt.SHA512,
        "{SHA512-CRYPT" + libcrypt.SHA512,
        "{SHA512-CRYPT} " + libcrypt.SHA512,
        "{SHA512-CRYPT.B64}" + libcrypt.SHA512,
        "{SHA512-CRYPT}{SHA512-CRYPT}" + libcrypt.SHA512,
        "{SHA256-CRYPT}" + libcrypt.SHA512,
        "{BLF-CRYPT}" + libcrypt.SHA512,
        "{sha512-crypt}" + libcrypt.SHA512,
        None,
        5,
        True,
        ["$6$"],
        {"$6$": 1},
        libcrypt.SHA512.encode(),
    ],
)
def test_a_near_miss_is_refused_and_the_error_holds_no_value(wrong: object) -> None:
    with pytest.raises(password.PasswordError) as caught:
        password.check_hash(wrong)
    assert str(caught.value) == password.HASH_RULE


@pytest.mark.parametrize(
    ("scheme", "name"),
    [
        ("SHA512-CRYPT", "SHA512-crypt"),
        ("SHA256-CRYPT", "SHA256-crypt with rounds"),
        ("MD5-CRYPT", "MD5-crypt"),
        ("BLF-CRYPT", "bcrypt 2y"),
        ("DES-CRYPT", "DES"),
        ("CRYPT", "SHA512-crypt"),
        ("CRYPT", "yescrypt"),
        ("CRYPT", "DES"),
    ],
)
def test_a_matching_dovecot_scheme_is_kept_in_store_and_stripped_for_crypt(
    scheme: str, name: str
) -> None:
    made = str(libcrypt.HASHES[name])
    stored = f"{{{scheme}}}{made}"
    assert password.check_hash(stored) == stored
    assert password.crypt_hash(stored) == made


@hypothesis.given(st.text(max_size=120))
def test_no_accepted_hash_breaks_a_file_of_lines_and_colons(text: str) -> None:
    for candidate in (text, "$6$" + text, libcrypt.SHA512 + text, "$1$" + text):
        try:
            accepted = password.crypt_hash(candidate)
        except password.PasswordError:
            continue
        assert accepted.isascii() and not set(accepted) & set(": \n\r\t\0\\!*;")


@pytest.mark.parametrize(
    "plain", ["x", "пароль", "a b c", "p:w", "{CRYPT}x", "é" * 255, "x" * 511]
)
def test_a_hashed_password_is_verified_by_the_real_crypt(plain: str) -> None:
    made = password.hash_password(plain)
    assert made.startswith("$6$rounds=10000$")
    assert password.check_hash(made) == made
    assert libcrypt.verifies(plain, made)


def test_every_hash_has_a_salt_of_its_own() -> None:
    assert password.hash_password("same") != password.hash_password("same")


def test_hashing_one_password_takes_less_than_a_tenth_of_a_second() -> None:
    started = time.process_time()
    password.hash_password(libcrypt.SECRET)
    assert time.process_time() - started < 0.1


@pytest.mark.parametrize(
    "plain",
    [
        "",
        "x" * 512,
        "é" * 256,
        "a\0b",
        "a\nb",
        "a\rb",
        "a\tb",
        "a\x7fb",
        "a\x85b",
        "a\x1bb",
        "\ud800",
        None,
        1,
        True,
        ["x"],
        {"x": 1},
        b"x",
    ],
)
def test_what_smtp_auth_cannot_carry_is_no_password(plain: object) -> None:
    for check in (password.check_password, password.hash_password):
        with pytest.raises(password.PasswordError) as caught:
            check(plain)
        assert str(caught.value) == password.PASSWORD_RULE


def test_crypt_of_the_node_takes_the_longest_password_and_no_longer() -> None:
    # ties PASSWORD_MAX to CRYPT_MAX_PASSPHRASE_SIZE of libxcrypt
    assert libcrypt.crypt("x" * password.PASSWORD_MAX, "$6$salt$") is not None
    assert libcrypt.crypt("x" * (password.PASSWORD_MAX + 1), "$6$salt$") is None


@pytest.mark.parametrize("name", libcrypt.HASHES)
def test_no_accepted_hash_costs_more_than_a_second(name: str) -> None:
    started = time.process_time()
    libcrypt.verifies(libcrypt.SECRET, str(libcrypt.HASHES[name]))
    assert time.process_time() - started < 1.5


def test_a_generated_password_is_long_and_has_no_look_alikes() -> None:
    made = {password.generate() for _ in range(500)}
    assert len(made) == 500
    for one in made:
        assert len(one) >= 20
        assert one.isascii() and one.isalnum()
        assert not set("0Oo1Il") & set(one)
    # of 10,000 characters each of the 56 comes
    assert set("".join(made)) == set(password.GENERATED_ALPHABET)
