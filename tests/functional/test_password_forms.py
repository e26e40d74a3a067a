# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Every way to give a password ends in a login."""

import pytest

from tests.functional import openssl, resources

#: What the hashes below were made of, by crypt(3) of libxcrypt.
HASHED = "functional 7 test"
READY_MADE = {
    "sha512": (
        "$6$abcdefgh12345678$ell4nHJ28gzVJSf/YKgI2wTZAZyekzciIxvhMicYM2IzS11q"
        "MQtNKn8MuvFF5doMhcb31AGAsio7uVrmaPwXz0"
    ),
    "sha512-of-passlib": (
        "$6$rounds=656000$lDonXc/ivLZ5Uakq$g5vDavtncoEt93bR4tiRXT"
        "OOVHYN.T/oQZ6E/l2Uzilx8YUtsYNbR8TECgVQnMwpXNgJiqrrg3tLA54ELEaPX1"
    ),
    "sha256": "$5$rounds=5000$abcdefgh1$E8ZaCFtZ.B.2oo6vnFZSR2Z8I52pFIoZtsBy9i.s.85",
    "bcrypt-2b": "$2b$05$abcdefghijklmnopqrstuufuZgCUsl/dZllLk9cPTw4l2/uOqljhy",
    "bcrypt-2y": "$2y$05$abcdefghijklmnopqrstuufuZgCUsl/dZllLk9cPTw4l2/uOqljhy",
    "yescrypt": (
        "$y$j75$Zu5fRoFnTOmTkLCRvdrVA0$TA0U/igdUwibrxKkfAk4SQtJS.ID6iO.Ro6FhU58o7B"
    ),
    "gost-yescrypt": (
        "$gy$j75$Zu5fRoFnTOmTkLCRvdrVA0$qzoJdM2IR7HO5s8vy2JDRqcUeJz5nwinwiSfLSpSFv4"
    ),
    "md5crypt": "$1$abcdefgh$R.dP50uYUjSvRsnkzrBhU0",
    "sha1crypt": "$sha1$248488$ggu.H673kaZ5$HimmUn0fiSrWg2tEv2k9FA3M95GV",
}


def test_plain_password_logs_in(accounts: resources.Accounts) -> None:
    account = accounts.working("correct horse battery staple")
    assert account.code("correct horse battery stapl") == 535


def test_hash_of_openssl_logs_in(accounts: resources.Accounts) -> None:
    password = resources.new_password()
    account = accounts.working(password, password_hash=openssl.sha512_crypt(password))
    assert account.code("not it") == 535


def test_dovecot_prefix_is_stripped(accounts: resources.Accounts) -> None:
    password = resources.new_password()
    accounts.working(
        password, password_hash="{SHA512-CRYPT}" + openssl.sha512_crypt(password)
    )


@pytest.mark.parametrize("scheme", READY_MADE)
def test_every_hash_that_crypt_verifies_logs_in(
    accounts: resources.Accounts, scheme: str
) -> None:
    account = accounts.working(HASHED, password_hash=READY_MADE[scheme])
    assert account.code(HASHED + "x") == 535


@pytest.mark.parametrize(
    "password",
    [
        "pässwörd 密码 🔑",
        "colon:dollar$6$brace{}backslash\\quote'\"percent%s${run{x}}",
        " leading and trailing ",
        "p" * 128,
    ],
    ids=["unicode", "metacharacters", "spaces", "long"],
)
def test_unusual_passwords_log_in(accounts: resources.Accounts, password: str) -> None:
    account = accounts.working(password)
    assert account.code(password, mechanism="LOGIN") == 235
