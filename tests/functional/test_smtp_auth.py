# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""SMTP AUTH: where it is offered, what it takes, what it refuses."""

import pytest

from tests.functional import resources, smtp

SUBMISSION_PORTS = [smtp.SUBMISSION, smtp.SUBMISSIONS]
MECHANISMS = ["PLAIN", "LOGIN"]


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("port", SUBMISSION_PORTS)
def test_login_is_taken(
    shared_account: resources.Account, port: int, mechanism: str
) -> None:
    assert shared_account.code(port=port, mechanism=mechanism) == 235


@pytest.mark.parametrize("port", SUBMISSION_PORTS)
def test_plain_without_initial_response_is_taken(
    shared_account: resources.Account, port: int
) -> None:
    with smtp.secure(shared_account.host, port) as session:
        assert smtp.command(session, "AUTH PLAIN")[0] == 334
        secret = f"\0{shared_account.login}\0{shared_account.password}"
        assert smtp.command(session, smtp.encode(secret))[0] == 235


@pytest.mark.parametrize("port", SUBMISSION_PORTS)
def test_plain_and_login_are_offered_inside_tls(
    instance: resources.Instance, port: int
) -> None:
    with smtp.secure(instance.host, port) as session:
        offered = session.esmtp_features.get("auth", "").upper().split()
    assert {"PLAIN", "LOGIN"} <= set(offered)


def test_starttls_is_offered_on_587(instance: resources.Instance) -> None:
    with smtp.plain(instance.host) as session:
        assert session.has_extn("starttls")


@pytest.mark.parametrize("port", [smtp.SUBMISSION, smtp.RELAY])
def test_auth_is_not_offered_before_tls(
    instance: resources.Instance, port: int
) -> None:
    with smtp.plain(instance.host, port) as session:
        assert not session.has_extn("auth")


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("port", [smtp.SUBMISSION, smtp.RELAY])
def test_auth_before_tls_is_refused_even_with_good_credentials(
    shared_account: resources.Account, port: int, mechanism: str
) -> None:
    with smtp.plain(shared_account.host, port) as session:
        code, text = smtp.auth(
            session, mechanism, shared_account.login, shared_account.password
        )
        assert 500 <= code < 600, (code, text)
        reply = smtp.envelope(session, shared_account.login, smtp.FOREIGN)
        assert 500 <= reply[0] < 600, reply


def test_no_auth_on_25_inside_tls(shared_account: resources.Account) -> None:
    with smtp.secure(shared_account.host, smtp.RELAY) as session:
        assert not session.has_extn("auth")
        code, text = smtp.auth(
            session, "PLAIN", shared_account.login, shared_account.password
        )
        assert 500 <= code < 600, (code, text)
        reply = smtp.envelope(session, shared_account.login, smtp.FOREIGN)
        assert reply[0] == 550, reply


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("port", SUBMISSION_PORTS)
@pytest.mark.parametrize(
    "password", ["wrong", "", "$6$", "*"], ids=["wrong", "empty", "prefix", "star"]
)
def test_wrong_password_is_535(
    shared_account: resources.Account, port: int, mechanism: str, password: str
) -> None:
    assert shared_account.code(password, port, mechanism) == 535


def test_unknown_account_is_told_the_same_as_a_wrong_password(
    instance: resources.Instance, shared_account: resources.Account
) -> None:
    replies = []
    for user in (shared_account.login, f"nobody-here@{instance.domain}"):
        with smtp.secure(instance.host) as session:
            replies.append(smtp.auth(session, "PLAIN", user, "wrong"))
    assert replies[0] == replies[1]
    assert replies[0][0] == 535


@pytest.mark.parametrize(
    "user",
    [
        "",
        "*",
        "@",
        "root",
        "u\n@x",
        "${run{/bin/true}}",
        "a:b",
        "a'b\"c",
        "x" * 1000,
        "\\N",
    ],
)
def test_strange_login_names_are_535(instance: resources.Instance, user: str) -> None:
    assert smtp.login_code(instance.host, user, "x", mechanism="LOGIN") == 535


def test_malformed_auth_dialogue_is_refused(instance: resources.Instance) -> None:
    for line in ("AUTH PLAIN !!!not-base64", "AUTH PLAIN AAAA", "AUTH CRAM-MD5"):
        with smtp.secure(instance.host) as session:
            code, text = smtp.command(session, line)
            assert 500 <= code < 600, (line, code, text)


def test_a_login_of_another_domain_is_535(shared_account: resources.Account) -> None:
    for domain in ("example.invalid", "localhost"):
        user = f"{shared_account.username}@{domain}"
        code = smtp.login_code(shared_account.host, user, shared_account.password)
        assert code == 535
