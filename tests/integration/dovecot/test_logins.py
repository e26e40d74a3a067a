# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Who logs in to a mailbox, and how."""

import base64
import contextlib
import hashlib
import imaplib
import itertools
import pathlib
import poplib
import socket
import ssl
import typing as tp

from passlib import hash as passlib_hash
import pytest

from exordos_mail.dataplane.services.dovecot import probe
from exordos_mail.protocol import documents
from tests.integration.dovecot import boxes as boxes_lib
from tests.integration.dovecot.boxes import ALICE, PASSWORD, PATHS, Boxes, logs_in
from tests.unit import libcrypt

_LAST = itertools.count(2)


def _elsewhere() -> str:
    """Return an address that nobody has guessed from."""
    return f"127.0.1.{next(_LAST)}"


def _refused(login: str, password: str = PASSWORD) -> bool:
    return not logs_in(login, password, _elsewhere())


def test_login_of_the_primary_domain_needs_no_domain(boxes: Boxes) -> None:
    for login in (ALICE, "alice", "Alice@Example.COM"):
        assert logs_in(login), login


def test_wrong_password_and_unknown_login_are_refused(boxes: Boxes) -> None:
    assert _refused(ALICE, "wrong")
    assert _refused("nobody@example.com")
    assert _refused("alice@second.org")
    assert _refused(ALICE, "")


def test_account_of_another_domain_has_its_own_password(boxes: Boxes) -> None:
    boxes.apply(
        {
            "alice": boxes_lib.account(),
            "alice@second.org": boxes_lib.account("other", "another password"),
        }
    )
    assert logs_in("alice@second.org", "another password")
    assert _refused("alice@second.org")
    assert logs_in(ALICE) and _refused(ALICE, "another password")


@pytest.mark.parametrize(
    ("document", "reads"),
    [
        (boxes_lib.account("bob", suspended="read_only"), True),
        (boxes_lib.account("bob", suspended="defer"), False),
        (boxes_lib.account("bob", suspended="refuse"), False),
        (boxes_lib.account("bob", password=""), False),
        (boxes_lib.account("bob", mailbox=None), False),
    ],
)
def test_who_reads(boxes: Boxes, document: tp.Any, reads: bool) -> None:
    boxes.apply({"alice": boxes_lib.account(), "bob": document})
    login = boxes_lib.BOB
    assert logs_in(login) if reads else _refused(login)


@pytest.mark.parametrize(
    "setting",
    [
        "$6$salt",
        "$5$rounds=1000$salt",
        "$2b$04$abcdefghijklmnopqrstuu",
        "$1$salt",
        "$y$j75$abcdefgh",
    ],
)
def test_hashes_of_crypt(boxes: Boxes, setting: str) -> None:
    hashed = libcrypt.crypt(PASSWORD, setting)
    boxes.apply({"bob": {**boxes_lib.account("bob"), "password_hash": hashed}})
    assert logs_in(boxes_lib.BOB) and _refused(boxes_lib.BOB, "wrong")


def test_long_password_of_a_costly_hash_is_not_tried(boxes: Boxes) -> None:
    password = "x" * 129
    hashed = passlib_hash.sha512_crypt.using(rounds=100_000).hash(password)
    boxes.apply({"bob": {**boxes_lib.account("bob"), "password_hash": hashed}})
    assert _refused(boxes_lib.BOB, password)


def test_odd_passwords(boxes: Boxes) -> None:
    for password in ("a b\\c", 'a"b', "%{user} ${x}", "{PLAIN}x", "p" * 300):
        boxes.apply({"bob": boxes_lib.account("bob", password)})
        with contextlib.closing(boxes_lib.Sieve()) as sieve:
            assert sieve.log_in(boxes_lib.BOB, password) == "OK", password


# --- never in clear -----------------------------------------------------------------


def test_imap_takes_no_login_in_clear(boxes: Boxes) -> None:
    # The same address on both ends is what Dovecot takes for secured.
    with pytest.raises(imaplib.IMAP4.error):
        imaplib.IMAP4("127.0.0.1", 143, 10).login(ALICE, PASSWORD)
    assert logs_in(ALICE)


def test_pop3_takes_no_login_in_clear(boxes: Boxes) -> None:
    found = poplib.POP3("127.0.0.1", 110, 10)
    with pytest.raises(poplib.error_proto):
        found.user(ALICE)
        found.pass_(PASSWORD)
    found.close()


def test_managesieve_takes_no_login_in_clear(boxes: Boxes) -> None:
    said = base64.b64encode(f"\0{ALICE}\0{PASSWORD}".encode())
    with socket.create_connection(("127.0.0.1", 4190), 10) as plain:
        stream = plain.makefile("rb")
        while not stream.readline().startswith(b"OK"):
            continue
        plain.sendall(b'AUTHENTICATE "PLAIN" "' + said + b'"\r\n')
        assert stream.readline().startswith(b"NO")


@pytest.mark.parametrize("port", [993, 995])
def test_tls_is_1_2_or_newer_without_dh(boxes: Boxes, port: int) -> None:
    for version, ciphers in (
        (ssl.TLSVersion.TLSv1_2, "ECDHE+AESGCM"),
        (ssl.TLSVersion.TLSv1_3, "ALL"),
    ):
        assert _shakes_hands(port, version, ciphers)
    assert not _shakes_hands(port, ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0")
    for ciphers in ("DHE+AESGCM", "kRSA+AESGCM"):
        assert not _shakes_hands(port, ssl.TLSVersion.TLSv1_2, ciphers)


def _shakes_hands(port: int, version: ssl.TLSVersion, ciphers: str) -> bool:
    context = probe.tls_context()
    context.minimum_version = context.maximum_version = version
    context.set_ciphers(ciphers)
    try:
        with (
            socket.create_connection(("127.0.0.1", port), 10) as plain,
            context.wrap_socket(plain),
        ):
            return True
    except OSError:
        return False


# --- faults -------------------------------------------------------------------------


@pytest.mark.parametrize("content", [None, b"", b"x" * 100, b"\xff" * 4096])
def test_lookup_file_that_is_lost_is_a_temporary_failure(
    boxes: Boxes, content: bytes | None
) -> None:
    path = pathlib.Path(PATHS.accounts(documents.bucket("alice")))
    whole = path.read_bytes()
    try:
        path.unlink() if content is None else path.write_bytes(content)
        with (
            pytest.raises(imaplib.IMAP4.error, match="UNAVAILABLE"),
            boxes_lib.imap(ALICE, address=_elsewhere()),
        ):
            pass
        assert boxes_lib.deliver(ALICE)[0][0] == 451
        assert "DUNNO" not in boxes_lib.quota()
    finally:
        path.write_bytes(whole)
    assert logs_in(ALICE)


def test_who_guesses_does_not_shut_out_an_office(boxes: Boxes) -> None:
    office = _elsewhere()
    with boxes_lib.imap(address=office) as found:
        for number in range(2):
            with pytest.raises(imaplib.IMAP4.error):
                found.login(ALICE, f"guess {number}")
    assert logs_in(ALICE, address=office)


def test_no_secret_in_dovecots_log(boxes: Boxes) -> None:
    _refused(ALICE, "a wrong password")
    for secret in (PASSWORD, "a wrong password", "$6$"):
        assert secret not in boxes.log


# --- app passwords --------------------------------------------------------------------


def _app(
    password: str, *scopes: str, expires_at: int | None = None
) -> dict[str, tp.Any]:
    digest = hashlib.sha256(password.encode()).hexdigest()
    return {
        "hash": digest,
        "scopes": list(scopes),
        "expires_at": expires_at,
        "sender": None,
    }


def _pops(login: str, password: str) -> bool:
    found = poplib.POP3_SSL("127.0.0.1", 995, timeout=10, context=probe.tls_context())
    try:
        found.user(login)
        found.pass_(password)
        return True
    except poplib.error_proto:
        return False
    finally:
        found.close()


def test_app_passwords_open_what_they_are_for(boxes: Boxes) -> None:
    apps = [
        _app("for imap", "imap"),
        _app("for pop3", "pop3", "smtp"),
        _app("for sieve", "sieve"),
        _app("for smtp", "smtp"),
        _app("expired", "imap", expires_at=1_000_000_000),
        _app("not yet expired", "imap", expires_at=4_000_000_000),
    ]
    barred = boxes_lib.account("bob", password="", app_passwords=apps)
    boxes.apply({"alice": boxes_lib.account(), "bob": barred})
    login = boxes_lib.BOB
    assert logs_in(login, "for imap") and logs_in(login, "not yet expired")
    for password in ("for pop3", "for sieve", "for smtp", "expired", PASSWORD, ""):
        assert _refused(login, password), password
    assert _refused(ALICE, "for imap")
    assert _pops(login, "for pop3") and not _pops(login, "for imap")
    with contextlib.closing(boxes_lib.Sieve()) as sieve:
        assert sieve.log_in(login, "for sieve") == "OK"


def test_the_main_password_stands_beside_app_passwords(boxes: Boxes) -> None:
    apps = [_app("for imap", "imap")]
    boxes.apply({"bob": boxes_lib.account("bob", app_passwords=apps)})
    assert logs_in(boxes_lib.BOB) and logs_in(boxes_lib.BOB, "for imap")
    boxes.apply(
        {"bob": boxes_lib.account("bob", app_passwords=apps, suspended="refuse")}
    )
    assert _refused(boxes_lib.BOB, "for imap")
