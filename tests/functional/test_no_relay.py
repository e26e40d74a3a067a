# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Nobody sends through the server without a login."""

import smtplib

import pytest

from tests.functional import resources, smtp


@pytest.mark.parametrize("port", [smtp.SUBMISSION, smtp.SUBMISSIONS])
def test_submission_ports_want_a_login(
    instance: resources.Instance, shared_account: resources.Account, port: int
) -> None:
    for recipient in (smtp.FOREIGN, f"nobody@{instance.domain}", shared_account.login):
        with smtp.secure(instance.host, port) as session:
            reply = smtp.envelope(session, shared_account.login, recipient)
            assert reply[0] == 530, (recipient, reply)


def test_submission_without_tls_is_530(
    instance: resources.Instance, shared_account: resources.Account
) -> None:
    with smtp.plain(instance.host) as session:
        reply = smtp.envelope(session, shared_account.login, smtp.FOREIGN)
        assert reply[0] == 530, reply


@pytest.mark.parametrize("port", [smtp.SUBMISSION, smtp.SUBMISSIONS])
def test_a_failed_login_opens_nothing(
    shared_account: resources.Account, port: int
) -> None:
    with smtp.secure(shared_account.host, port) as session:
        assert smtp.auth(session, "PLAIN", shared_account.login, "wrong")[0] == 535
        try:
            reply = smtp.envelope(session, shared_account.login, smtp.FOREIGN)
        except smtplib.SMTPServerDisconnected:
            # the node ends sessions that still hold an older account file
            return
        assert reply[0] == 530, reply


@pytest.mark.parametrize("inside_tls", [False, True], ids=["plain", "tls"])
def test_port_25_takes_mail_for_nobody_else(
    instance: resources.Instance, inside_tls: bool
) -> None:
    connect = smtp.secure if inside_tls else smtp.plain
    for recipient in (smtp.FOREIGN, f"nobody-here@{instance.domain}"):
        with connect(instance.host, smtp.RELAY) as session:
            reply = smtp.envelope(session, "sender@example.net", recipient)
            assert reply[0] == 550, (recipient, reply)


@pytest.mark.parametrize(
    "recipient",
    [
        "somebody%mail.example.invalid@{domain}",
        "mail.example.invalid!somebody@{domain}",
        "@{domain}:somebody@mail.example.invalid",
        '"somebody@mail.example.invalid"@{domain}',
        "somebody@mail.example.invalid@{domain}",
        "somebody@[127.0.0.1]",
        "somebody@[{host}]",
        "somebody@localhost",
        "root",
        "|/bin/true@{domain}",
        "/etc/passwd@{domain}",
    ],
)
def test_port_25_takes_no_disguised_recipient(
    instance: resources.Instance, recipient: str
) -> None:
    address = recipient.format(domain=instance.domain, host=instance.host)
    for sender in ("sender@example.net", "", f"root@{instance.domain}"):
        with smtp.plain(instance.host, smtp.RELAY) as session:
            reply = smtp.envelope(session, sender, address)
            assert 500 <= reply[0] < 600, (sender, reply)


def test_data_without_recipient_is_refused(instance: resources.Instance) -> None:
    with smtp.plain(instance.host, smtp.RELAY) as session:
        smtp.envelope(session, "sender@example.net", smtp.FOREIGN)
        assert 500 <= smtp.command(session, "DATA")[0] < 600
