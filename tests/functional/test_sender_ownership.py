# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An account sends in its own name only, in the envelope and in From:."""

import pytest

from tests.functional import resources, smtp

BODY = ["Subject: ownership", "", "text"]


@pytest.mark.parametrize("port", [smtp.SUBMISSION, smtp.SUBMISSIONS])
def test_own_address_is_taken_in_the_envelope(
    shared_account: resources.Account, port: int
) -> None:
    with shared_account.session(port) as session:
        assert smtp.envelope(session, shared_account.login)[0] == 250


@pytest.mark.parametrize(
    "sender",
    [
        "nobody-here@{domain}",
        "{username}@example.invalid",
        "{username}@sub.{domain}",
        "x{username}@{domain}",
        "{username}x@{domain}",
        "postmaster@{domain}",
        "{username}",
        "*@{domain}",
    ],
)
def test_foreign_envelope_sender_is_refused(
    instance: resources.Instance, shared_account: resources.Account, sender: str
) -> None:
    address = sender.format(domain=instance.domain, username=shared_account.username)
    with shared_account.session() as session:
        reply = smtp.envelope(session, address, shared_account.login)
        assert 500 <= reply[0] < 600, reply


def test_another_accounts_address_is_refused(
    shared_account: resources.Account, accounts: resources.Accounts
) -> None:
    other = accounts.working()
    with shared_account.session() as session:
        reply = smtp.envelope(session, other.login, shared_account.login)
        assert 500 <= reply[0] < 600, reply


@pytest.mark.parametrize(
    "headers",
    [
        ["From: boss@{domain}"],
        ["From: {login}, boss@{domain}"],
        ["From: boss@{domain}, {login}"],
        ["From: {login}", "From: boss@{domain}"],
        ["From: boss@{domain}", "From: {login}"],
        ['From: "{login}" <boss@example.invalid>'],
        ["From: boss@example.invalid ({login})"],
        ["From: boss@example.invalid", "Sender: {login}"],
        ["from: boss@example.invalid"],
        ["From:", " boss@example.invalid"],
        ["From: Group: {login}, boss@example.invalid;"],
    ],
    ids=range(11),
)
def test_foreign_from_header_is_refused(
    instance: resources.Instance, shared_account: resources.Account, headers: list[str]
) -> None:
    """The recipient is the account itself: nothing leaves the server."""
    lines = [
        line.format(domain=instance.domain, login=shared_account.login)
        for line in headers
    ]
    with shared_account.session() as session:
        reply = smtp.envelope(session, shared_account.login, smtp.FOREIGN)
        if reply[0] == 250:
            reply = smtp.data(session, [*lines, *BODY])
    assert 500 <= reply[0] < 600, reply
    assert "rout" not in reply[1].lower(), f"refused for another reason: {reply}"
