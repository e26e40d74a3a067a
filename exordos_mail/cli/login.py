# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Logging in to the platform, and staying so."""

import sys

import click

from exordos_mail.cli import iam, realm
from exordos_mail.cli.contexts import Login
from exordos_mail.standards.program import Failure, Unavailable


def of_realm(name: str | None, project: str | None) -> tuple[Login, str | None]:
    """Return how to log in to a realm, and its token if its settings have one.

    Args:
        name: of the realm; None: the current one.
        project: instead of the realm's.

    Raises:
        Failure: there is no such realm.
    """
    found = realm.read(name)
    login = Login(
        url=found.endpoint.rstrip("/"),
        scope=scope(project or found.project_id),
        user=found.user,
        realm=found.name,
        refresh_token=found.refresh_token,
    )
    return login, found.access_token


def scope(project: str | None) -> str:
    """Return what a token of a project is for."""
    return "" if project is None else f"project:{project}"


def tokens(login: Login, password: str | None = None) -> iam.Tokens:
    """Return new tokens: by the former ones, else by the password.

    Args:
        password: None: of the realm, or asked for.

    Raises:
        Failure: there is none, or it is refused.
    """
    if login.refresh_token is not None:
        try:
            return iam.by_refresh(login.url, login.refresh_token)
        except Unavailable:
            raise
        except Failure:
            # Too old: the password is needed again.
            pass
    if login.user is None:
        raise Failure(
            f"not logged in to {login.url}: add the context again with --user"
        )
    given = password or _password(login)
    try:
        return iam.by_password(login.url, login.user, given, login.scope)
    except iam.SecondFactor:
        if not sys.stdin.isatty():
            raise
        code = click.prompt("One-time password", err=True)
        return iam.by_password(login.url, login.user, given, login.scope, code)


def _password(login: Login) -> str:
    if login.realm is not None:
        found = realm.read(login.realm)
        # Another user's, or another cloud's, is not for this one.
        same = (found.user, found.endpoint.rstrip("/")) == (login.user, login.url)
        if same and found.password is not None:
            return found.password
    if not sys.stdin.isatty():
        raise Failure(f"not logged in to {login.url}: the password has to be entered")
    asked: str = click.prompt(f"Password of {login.user}", hide_input=True, err=True)
    return asked
