# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""exim's listener for the send service: one user, one machine, one domain."""

import base64
import pathlib
import smtplib

import pytest

from exordos_mail.dataplane.engine import files, send_login
from exordos_mail.dataplane.services.exim import probe
from tests.integration.exim import fixtures, payloads, waiting

_PORT = 10025
_USER, _SECRET = "send", "a secret that the agent has made"
_MESSAGE = (
    "From: news@example.com\r\nTo: bob@elsewhere.test\r\nSubject: x\r\n\r\nhi\r\n"
)


@pytest.fixture
def listener(mail):
    """The machine of `mail`, on which exim knows the send service."""
    layout = mail.layout
    file = send_login.file(_SECRET.encode(), layout)
    files.write(layout, layout.send_cdb, file)
    yield mail
    files.remove(layout.disk(layout.send_cdb))
    assert _SECRET not in mail.log()
    assert base64.b64encode(_SECRET.encode()).decode() not in mail.log()


def _connect() -> smtplib.SMTP:
    smtp = probe.connect(_PORT)
    smtp.ehlo("client.test")
    return smtp


def _login(user: str, password: str, port: int = _PORT) -> int:
    smtp = _connect() if port == _PORT else fixtures.client(port)
    smtp.user, smtp.password = user, password
    try:
        return smtp.auth("PLAIN", smtp.auth_plain)[0]
    except smtplib.SMTPAuthenticationError as exc:
        return exc.smtp_code
    finally:
        smtp.close()


def _service() -> smtplib.SMTP:
    smtp = _connect()
    smtp.login(_USER, _SECRET)
    return smtp


def _submit(
    content: str = _MESSAGE,
    sender: str = "news@example.com",
    recipients: tuple[str, ...] = ("bob@elsewhere.test",),
) -> tuple[int, str]:
    smtp = _service()
    try:
        for code, text in (smtp.mail(sender), *map(smtp.rcpt, recipients)):
            if code >= 400:
                return code, text.decode()
        code, text = smtp.data(content)
        return code, text.decode()
    finally:
        smtp.close()


def test_secret_logs_in(listener):
    assert _login(_USER, _SECRET) == 235


@pytest.mark.parametrize(
    ("user", "password"),
    [
        (_USER, "wrong"),
        (_USER, ""),
        ("", _SECRET),
        ("Send", _SECRET),
        ("send@example.com", _SECRET),
        (payloads.ALICE, payloads.PASSWORD),
        ("alice", payloads.PASSWORD),
        (payloads.ALICE, _SECRET),
    ],
)
def test_others_do_not(listener, user, password):
    assert _login(user, password) == 535


def test_digest_is_no_secret(listener):
    database = pathlib.Path(listener.layout.send_cdb).read_bytes()
    digest = database[database.index(_USER.encode()) + 4 :][:64].decode()
    assert _login(_USER, digest) == 535
    assert _SECRET.encode() not in database


@pytest.mark.parametrize("port", [465, 587])
@pytest.mark.parametrize("user", [_USER, "send@example.com"])
def test_secret_is_of_no_use_on_other_ports(listener, port, user):
    assert _login(user, _SECRET, port) == 535


def test_account_of_that_name_is_another_one(machine):
    machine.apply(payloads.payload({"send": payloads.PASSWORD}))
    file = send_login.file(_SECRET.encode(), machine.layout)
    files.write(machine.layout, machine.layout.send_cdb, file)
    assert _login(_USER, payloads.PASSWORD, 587) == 235
    assert _login(_USER, _SECRET, 587) == 535
    assert _login(_USER, payloads.PASSWORD) == 535


def test_only_plain_is_offered(listener):
    smtp = _connect()
    assert smtp.esmtp_features["auth"].split() == ["PLAIN"]
    assert not smtp.has_extn("starttls")
    assert smtp.docmd("STARTTLS")[0] == 503
    assert smtp.docmd("AUTH", "LOGIN")[0] == 504


@pytest.mark.parametrize("port", [25, 465, 587])
def test_other_ports_offer_what_they_did(listener, port):
    smtp = probe.connect(port) if port == 25 else fixtures.client(port)
    smtp.ehlo("client.test")
    offered = [] if port == 25 else ["PLAIN", "LOGIN"]
    assert smtp.esmtp_features.get("auth", "").split() == offered
    before = probe.connect(port, tls=port == 465)
    before.ehlo("client.test")
    assert before.has_extn("auth") == (port == 465)


def test_nobody_logs_in_without_the_file(mail):
    smtp = _connect()
    assert not smtp.has_extn("auth")
    text = base64.b64encode(f"\0{_USER}\0{_SECRET}".encode()).decode()
    assert smtp.docmd("AUTH PLAIN", text)[0] == 503
    assert smtp.mail("news@example.com")[0] == 530


def test_nothing_without_a_login(listener):
    smtp = _connect()
    assert smtp.mail("news@example.com")[0] == 530
    assert smtp.rcpt("bob@elsewhere.test")[0] == 503


def test_not_reachable_from_outside(listener, internet):
    """Nor over the machine's own address: the socket is one of loopback."""
    said = internet.run(
        "import socket\n"
        "for port in (10025, 587):\n"
        "    try:\n"
        "        socket.create_connection(('192.0.2.1', port), 5).close()\n"
        "        print('open')\n"
        "    except OSError as exc:\n"
        "        print(type(exc).__name__)\n"
    )
    assert said.split() == ["ConnectionRefusedError", "open"]


@pytest.mark.parametrize(
    "sender",
    [
        "news@elsewhere.test",
        "news@mail.example.com",
        "news@example.com.elsewhere.test",
        "news",
    ],
)
def test_sender_of_another_domain(listener, sender):
    code, text = _submit(sender=sender)
    assert code in (501, 550), text


@pytest.mark.parametrize(
    "headers",
    [
        "From: news@elsewhere.test",
        "From: news@example.com, news@elsewhere.test",
        "From: news@elsewhere.test, news@example.com",
        "From: news@example.com, other@example.com",
        "From: news@elsewhere.test:news@example.com",
        "From: news@example.com <news@elsewhere.test>",
        "From: <news@elsewhere.test> news@example.com",
        "From: news@example.com\r\nFrom: news@elsewhere.test",
        "From: a: news@elsewhere.test, news@example.com;",
        "From: undisclosed:;",
        "From:",
        "From: news",
        "From: <@example.com:news@elsewhere.test>",
        'From: "news@example.com"@elsewhere.test',
        "From: news@elsewhere.test (news@example.com)",
        "From : news@elsewhere.test",
        "From: news@example.com\r\nSender: news@elsewhere.test",
        "From: news@example.com\r\nSender: news@example.com, b@elsewhere.test",
    ],
)
def test_author_of_another_domain(listener, headers):
    code, text = _submit(f"{headers}\r\nSubject: x\r\n\r\nx\r\n")
    assert code == 550, text


@pytest.mark.parametrize(
    "author",
    [
        "news@example.com",
        "ann+news@example.com",
        "ann@EXAMPLE.com",
        '"a b"@example.com',
        "Ann of X <ann@example.com>",
        "=?utf-8?q?x=40elsewhere=2Etest?= <ann@example.com>",
        "ann@example.com\r\nSender: Bob <bob@example.com>",
    ],
)
def test_any_address_of_the_domain(listener, internet, author):
    assert _submit(f"From: {author}\r\n\r\nx\r\n", "ann+x@Example.com")[0] == 250
    internet.next_message()


def test_automatic_mail_has_no_sender_and_an_author_of_the_domain(listener, internet):
    assert _submit(sender="")[0] == 250
    head, content = internet.next_message()
    assert head["sender"] == ""
    assert b"d=example.com;" in content
    code, text = _submit("From: a@elsewhere.test\r\n\r\nx\r\n", sender="")
    assert code == 550, text


def test_both_signatures_are_there(listener, internet):
    assert _submit(sender="bounces+7@example.com")[0] == 250
    head, content = internet.next_message()
    assert head["sender"] == "bounces+7@example.com"
    for wanted in (b"s=platform;", b"s=platform-ed25519;", b"d=example.com;"):
        assert wanted in content


def test_message_with_many_recipients(listener, internet):
    """As many as the service names in one transaction."""
    recipients = tuple(f"bob{n}@elsewhere.test" for n in range(100))
    assert _submit(recipients=recipients)[0] == 250
    seen: set[str] = set()
    while len(seen) < len(recipients):
        seen.update(internet.next_message()[0]["recipients"])
    assert seen == set(recipients)


def test_rate_of_accounts_is_not_that_of_the_service(machine):
    machine.apply(payloads.payload(rate_limit="2 / 1h"))
    file = send_login.file(_SECRET.encode(), machine.layout)
    files.write(machine.layout, machine.layout.send_cdb, file)
    recipients = tuple(f"bob{n}@elsewhere.test" for n in range(20))
    assert _submit(recipients=recipients)[0] == 250
    assert fixtures.submit(_MESSAGE, recipients=recipients[:3])[0] in (451, 550)
    message = "From: alice@example.com\r\n\r\nx\r\n"
    assert fixtures.submit(message, recipients=recipients[:3])[0] == 451


def test_one_connection_takes_many_messages(listener, internet):
    smtp = _service()
    for _ in range(50):
        smtp.sendmail("news@example.com", ["bob@elsewhere.test"], _MESSAGE)
    for _ in range(50):
        internet.next_message()


def test_file_takes_effect_without_a_reload(mail):
    layout, daemon = mail.layout, mail.daemon()
    assert _login_offered() is False
    file = send_login.file(b"first", layout)
    files.write(layout, layout.send_cdb, file)
    assert _login(_USER, "first") == 235
    files.write(layout, layout.send_cdb, send_login.file(b"other", layout))
    assert (_login(_USER, "first"), _login(_USER, "other")) == (535, 235)
    files.remove(layout.disk(layout.send_cdb))
    waiting.until(lambda: not _login_offered(), "AUTH is not offered any more")
    assert mail.daemon() == daemon


def _login_offered() -> bool:
    return _connect().has_extn("auth")
