# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Who submits mail where mailboxes are kept: the suspended, and app passwords."""

import contextlib
import smtplib
import time
import typing as tp

import pytest

from exordos_mail.dataplane.services.outcomes import logins
from tests.integration.exim import fixtures, payloads, receiving


def _log_in(login: str) -> tuple[int, bytes]:
    smtp = fixtures.client(465)
    with contextlib.closing(smtp):
        try:
            return smtp.login(login, payloads.PASSWORD)
        except smtplib.SMTPAuthenticationError as exc:
            return exc.smtp_code, tp.cast(bytes, exc.smtp_error)


@pytest.mark.parametrize(
    ("login", "code"),
    [("alice", 235), ("reader", 535), ("later", 535), ("refused", 535), ("off", 535)],
)
def test_who_is_suspended_sends_nothing(receiver, login: str, code: int) -> None:
    assert _log_in(f"{login}@example.com")[0] == code


@pytest.mark.parametrize(
    ("login", "password", "code"),
    [
        ("apps@example.com", "for sending", 235),
        ("apps", "for sending", 235),
        ("apps@example.com", "not yet expired", 235),
        ("apps@example.com", "expired", 535),
        ("apps@example.com", "for reading", 535),
        ("apps@example.com", payloads.PASSWORD, 535),
        ("apps@example.com", "", 535),
        ("alice@example.com", "for sending", 535),
    ],
)
def test_who_submits_with_an_app_password(
    receiver, login: str, password: str, code: int
) -> None:
    assert fixtures.login_code(login, password, new_client=True) == code


def test_log_tells_which_app_password_was_used(receiver: fixtures.Machine) -> None:
    begun = int(time.time())
    for password in ("for sending", "not yet expired", "expired"):
        fixtures.login_code("Apps@example.com", password)
    found = logins.read(receiver.log().encode().split(b"\n"))[-2:]
    assert [(one.login, one.app) for one in found] == [
        ("apps@example.com", receiving.APP_UUID),
        ("apps@example.com", ""),
    ]
    assert all(begun <= one.at <= time.time() for one in found)


def test_app_password_for_one_sender(receiver) -> None:
    with contextlib.closing(fixtures.client(465, "apps", "for one sender")) as smtp:
        assert smtp.mail("apps@example.com")[0] == 250
    with contextlib.closing(fixtures.client(465, "apps", "for one sender")) as smtp:
        assert smtp.mail("sales@example.com")[0] == 550


def test_revoked_app_password_ends_sessions_and_a_new_one_does_not(receiver) -> None:
    apps = receiving.ACCOUNTS["apps"]["app_passwords"]
    with contextlib.closing(fixtures.client(465, "apps", "for sending")) as smtp:
        more = [*apps, receiving.app_password("new", ["smtp"])]
        receiver.apply(
            receiving.payload(apps={"mailbox": receiving.UUID, "app_passwords": more})
        )
        assert smtp.noop()[0] == 250
        receiver.apply(
            receiving.payload(
                apps={"mailbox": receiving.UUID, "app_passwords": apps[1:]}
            )
        )
        with pytest.raises(smtplib.SMTPServerDisconnected):
            smtp.noop()
    assert fixtures.login_code("apps", "for sending", new_client=True) == 535


@pytest.mark.parametrize(
    ("login", "sender", "code"),
    [
        ("alice@example.com", "sales@example.com", 250),
        ("alice@example.com", "Sales@Example.com", 250),
        ("bob@example.com", "sales@example.com", 550),
        ("alice@example.com", "team@example.com", 550),
        ("alice@example.com", "*@second.org", 550),
    ],
)
def test_who_sends_as_an_alias(receiver, login: str, sender: str, code: int) -> None:
    smtp = fixtures.client(465, login, payloads.PASSWORD)
    with contextlib.closing(smtp):
        assert smtp.mail(sender)[0] == code
