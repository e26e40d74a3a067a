# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Tokens that the launched user-api believes, made here instead of by Core.

A token carries what Core's introspection would answer: the project and the
permissions. Signature and expiry are checked as always.
"""

import time
import typing as tp
import uuid as sys_uuid

import jwt

AUDIENCE = "GenesisCoreClientId"
KEY = "a key of the tests, of more than 32 octets"

EVERYTHING = ("*.*.*",)
USER = sys_uuid.UUID(int=0)


def make(
    project: sys_uuid.UUID | str | None = None,
    permissions: tp.Iterable[str] = EVERYTHING,
    expires_in: int = 3600,
    user: sys_uuid.UUID = USER,
) -> str:
    """Return a signed token of a user.

    Args:
        project: what the token is scoped to; None for an administrator's.
        permissions: patterns such as `exordos_mail.account.read`.
        expires_in: seconds from now.
        user: whose token it is.
    """
    now = int(time.time())
    claims = {
        "exp": now + expires_in,
        "iat": now,
        "auth_time": now,
        "jti": str(sys_uuid.uuid4()),
        "iss": "http://tests.example",
        "aud": AUDIENCE,
        "sub": str(user),
        "typ": "Bearer",
        "otp": False,
        "test_project": None if project is None else str(project),
        "test_permissions": list(permissions),
    }
    return jwt.encode(claims, KEY, algorithm="HS256")
