# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Who may log in, where, and when a change of an account takes effect."""

import collections
from concurrent import futures
import smtplib
import typing as tp

import pytest

from tests.integration.exim import fixtures, payloads, raw
from tests.unit import libcrypt

# Hashes of the password "secret", made by libxcrypt 4.4.33 (crypt.crypt).
_SCHEMES = {
    "yescrypt": "$y$j75$abcdefgh$uMUXG79B2cFpoAYyDccUnsaH/aGTyBYMlnQidzyag01",
    "gost-yescrypt": "$gy$j75$abcdefgh$lRD8hCfuUnaykqHEd24aR4OED0E.hiL5k0lM9Kg0qT5",
    "bcrypt": "$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a",
    "sha512crypt": (
        "$6$rounds=1000$abcdefgh$nhYjN017qxiYztzyUpZtPnUQcnLy62KsunSL"
        "HNeLahp2EHPlAKmFFlrjEwSXGo2kgY5hR2.peKEg2VGUqIJJu1"
    ),
    "sha256crypt": (
        "$5$rounds=1000$abcdefgh$XIppta5rT8zJUu4vAOKQXrwq9uY4Ijlz6VjyOmkx5i4"
    ),
    "sha1crypt": "$sha1$1000$abcdefgh$ji8ESnkwjcTjo4hThodnLYyi.3yG",
    "sunmd5": "$md5,rounds=904$abcdefgh$$F0wg/9HMU1uj639d5fTRh/",
    "md5crypt": "$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1",
    "nt": "$3$$878d8014606cda29677a44efa1353fc7",
    "bsdicrypt": "_J9..abcd/H6HLCcf7nw",
    "descrypt": "abNANd1rDfiNc",
}


@pytest.mark.parametrize("port", [465, 587])
@pytest.mark.parametrize("how", ["PLAIN", "LOGIN"])
def test_right_password_is_accepted(mail, port, how):
    code = fixtures.login_code(payloads.ALICE, payloads.PASSWORD, port, how)
    assert code == 235


def test_long_password_is_not_tried_on_a_costly_hash(mail):
    formats = ("$5$rounds={}$salt$", "$6$rounds={}$salt$", "$sha1${}$salt")
    cases = {
        f"a{n}-{rounds}-{length}": (one.format(rounds), "x" * length, code)
        for n, one in enumerate(formats)
        for rounds, length, code in (
            (99_999, 511, 235),
            (100_000, 128, 235),
            (100_000, 129, 535),
        )
    }
    hashes = {
        name: libcrypt.crypt(plain, how) for name, (how, plain, _) in cases.items()
    }
    mail.apply(payloads.payload(hashes=hashes))
    for name, (_, plain, code) in cases.items():
        login = f"{name}@example.com"
        assert fixtures.login_code(login, plain, new_client=True) == code, name


@pytest.mark.parametrize("scheme", _SCHEMES)
def test_any_scheme_of_crypt_is_verified(mail, scheme):
    mail.apply(payloads.payload(hashes=_SCHEMES))
    login = f"{scheme}@example.com"
    assert fixtures.login_code(login, "secret") == 235
    assert fixtures.login_code(login, "secreT", new_client=True) == 535


def test_login_ignores_the_case_of_the_address(mail):
    assert fixtures.login_code("Alice@Example.COM", payloads.PASSWORD) == 235


def test_a_bare_name_is_one_of_the_instances_domain(mail):
    smtp = fixtures.client(587, "alice", payloads.PASSWORD)
    assert smtp.mail(payloads.ALICE)[0] == 250
    assert smtp.rcpt("bob@elsewhere.test")[0] == 250
    smtp.close()
    assert f"AUTHENTICATED id={payloads.ALICE} " in mail.log()


@pytest.mark.parametrize("how", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize(
    "login",
    [payloads.ALICE, "nobody@example.com", "alice", "hash", "*", "@example.com"],
)
def test_wrong_credentials_get_535(mail, login, how):
    assert fixtures.login_code(login, "wrong", how=how, new_client=True) == 535


def test_empty_password_gets_535(mail):
    assert fixtures.login_code(payloads.ALICE, "", new_client=True) == 535


def test_new_password_works_at_the_next_login_without_a_reload(machine):
    machine.apply(payloads.payload({"alice": "old password"}))
    daemon = machine.daemon()
    machine.apply(payloads.payload({"alice": "new password"}))
    assert fixtures.login_code(payloads.ALICE, "new password") == 235
    assert fixtures.login_code(payloads.ALICE, "old password") == 535
    assert machine.daemon() == daemon


def test_account_that_is_gone_is_locked_out(machine):
    machine.apply(payloads.payload({"alice": "a password", "bob": "b password"}))
    assert fixtures.login_code("bob@example.com", "b password") == 235
    machine.apply(payloads.payload({"alice": "a password"}))
    assert fixtures.login_code("bob@example.com", "b password") == 535
    assert fixtures.login_code(payloads.ALICE, "a password") == 235


def test_every_login_among_many_is_found(machine):
    """The lookup file is read by exim, not by its writer."""
    names = [f"user{number}" for number in range(2000)]
    machine.apply(payloads.payload(hashes=dict.fromkeys(names, payloads.hashed("p"))))
    for name in names[::250]:
        assert fixtures.login_code(f"{name}@example.com", "p") == 235


def test_guessing_is_answered_slowly(machine):
    machine.apply(payloads.payload())
    for number in range(5):
        assert fixtures.login_code(payloads.ALICE, f"guess {number}") == 535
    clock = fixtures.Stopwatch()
    assert fixtures.login_code(payloads.ALICE, "guess 6") == 535
    assert clock.seconds() >= 3
    clock = fixtures.Stopwatch()
    assert fixtures.login_code(payloads.ALICE, payloads.PASSWORD) == 235
    assert clock.seconds() < 2


def test_device_with_an_old_password_is_no_guessing(machine):
    machine.apply(payloads.payload())
    clock = fixtures.Stopwatch()
    for _ in range(8):
        assert fixtures.login_code(payloads.ALICE, "old password") == 535
    assert clock.seconds() < 3


def test_many_users_behind_one_known_address_are_no_guessing(machine):
    machine.apply(payloads.payload())
    assert fixtures.login_code(payloads.ALICE, payloads.PASSWORD) == 235
    clock = fixtures.Stopwatch()
    for number in range(8):
        assert fixtures.login_code(f"user{number}@example.com", "typo") == 535
    assert clock.seconds() < 9  # three slow answers


def test_guessing_from_a_known_address_is_answered_slowly_in_the_end(machine):
    machine.apply(payloads.payload())
    assert fixtures.login_code(payloads.ALICE, payloads.PASSWORD) == 235
    # exim's rate fades with time, so a slow machine has more guesses.
    for number in range(200):
        clock = fixtures.Stopwatch()
        assert fixtures.login_code(payloads.ALICE, f"guess {number}") == 535
        if clock.seconds() >= 3:
            break
    else:
        pytest.fail("no guess was answered slowly")


def test_connection_ends_after_three_wrong_passwords(machine):
    machine.apply(payloads.payload())
    smtp = fixtures.client()
    for _ in range(4):
        assert smtp.docmd("AUTH PLAIN", "AGFAYgBj")[0] == 535
    with pytest.raises(smtplib.SMTPServerDisconnected):
        smtp.noop()


def _codes(guesses: tp.Iterable[tuple[str, str]]) -> collections.Counter[int]:
    """Guess alice's password from addresses, all at once; count the answers."""
    with futures.ThreadPoolExecutor(24) as pool:
        return collections.Counter(pool.map(lambda one: _guess(*one), guesses))


def _guess(address: str, password: str) -> int:
    with raw.Dialogue(465, address) as client:
        client.say("EHLO client.test")
        return int(client.login(password=password)[:3])


def test_parallel_guesses_of_one_network_are_bounded(machine):
    machine.apply(payloads.payload())
    codes = _codes(("127.0.9.9", f"guess {number}") for number in range(40))
    assert set(codes) == {535, 435}
    assert codes[535] <= 20
    assert _guess("127.0.9.9", payloads.PASSWORD) == 435
    assert _guess("127.0.9.10", payloads.PASSWORD) == 235


def test_guesses_of_many_networks_at_one_account_are_bounded(machine):
    """And the owner can log in from where they have logged in before."""
    accounts = {"alice": payloads.PASSWORD, "bob": "b"}
    machine.apply(payloads.payload(accounts))
    assert _guess("127.0.9.9", payloads.PASSWORD) == 235
    codes = _codes(
        (f"127.0.8.{number % 40}", f"guess {number}") for number in range(1, 125)
    )
    assert set(codes) == {535, 435}
    assert codes[535] <= 100
    assert _guess("127.0.8.200", payloads.PASSWORD) == 435
    assert _guess("127.0.9.9", payloads.PASSWORD) == 235
    with raw.Dialogue(465, "127.0.8.200") as client:
        client.say("EHLO client.test")
        assert client.login("bob@example.com", "b").startswith("235")


def test_addresses_of_one_ipv6_network_count_together(machine, networks):
    machine.apply(payloads.payload())
    code = f"""
import collections, smtplib, ssl
from concurrent import futures
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
addresses = {fixtures.NETWORK_64!r}
def guess(number):
    source = (addresses[number % len(addresses)], 0)
    smtp = smtplib.SMTP_SSL(
        "2001:db8::1", 465, "x", timeout=60, context=context, source_address=source
    )
    try:
        smtp.login("{payloads.ALICE}", "guess %d" % number)
    except smtplib.SMTPAuthenticationError as exc:
        return exc.smtp_code
with futures.ThreadPoolExecutor(18) as pool:
    codes = collections.Counter(pool.map(guess, range(36)))
print(codes[535], codes[435])
"""
    answered, refused = map(int, networks.run(code).split())
    assert answered + refused == 36
    assert answered <= 20
