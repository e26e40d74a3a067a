# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Tokens of the platform's IAM (Core's, RFC 6749)."""

import typing as tp

from exordos_mail.cli.connection import Answer, Connection, content
from exordos_mail.standards.program import Failure

_PATH = "/v1/iam/clients/default/actions/get_token/invoke"
#: Seconds; the same as the platform's own command line asks for.
_TTL = 4 * 3600
_REFRESH_TTL = 24 * 3600


class Tokens(tp.NamedTuple):
    """What a login comes to."""

    access: str
    refresh: str | None

    def __repr__(self) -> str:
        return "Tokens()"


class SecondFactor(Failure):
    """The user has to give a one-time password too."""


def by_password(
    url: str, user: str, password: str, scope: str, code: str | None = None
) -> Tokens:
    """Return tokens of a user.

    Args:
        url: the platform's address.
        scope: such as `project:<uuid>`; empty: none.
        code: one-time password.

    Raises:
        SecondFactor: without a code it is refused.
        Failure: it is refused, or there is no answer.
    """
    form = {
        "grant_type": "password",
        "username": user,
        "password": password,
        "scope": scope,
        "ttl": str(_TTL),
        "refresh_ttl": str(_REFRESH_TTL),
    }
    return _tokens(url, form, {} if code is None else {"X-OTP": code})


def by_refresh(url: str, refresh_token: str) -> Tokens:
    """Return the tokens that follow, with the same scope.

    Raises:
        Failure: it is refused, or there is no answer.
    """
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return _tokens(url, form, {})


def _tokens(url: str, form: dict[str, str], headers: dict[str, str]) -> Tokens:
    answer = Connection(url, None).request("POST", _PATH, form=form, headers=headers)
    if answer.status_code == 401 and "otp" in answer.text.lower() and not headers:
        raise SecondFactor("a one-time password is needed")
    found = content(answer, Answer)
    return Tokens(found["access_token"], found.get("refresh_token"))
