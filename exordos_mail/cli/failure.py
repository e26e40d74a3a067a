# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What answers that are no success tell a person."""

import msgspec

from exordos_mail.standards.program import Failure, Unavailable


class _Field(msgspec.Struct):
    field: str
    message: str


class _Problem(msgspec.Struct):
    """What the service answers from 400 on (api/problem.py)."""

    detail: str
    code: str
    errors: list[_Field] = []


class _PlatformProblem(msgspec.Struct):
    """What the platform's services answer (restalchemy)."""

    message: str
    type: str


class _TokenProblem(msgspec.Struct):
    """What the platform answers about tokens (RFC 6749 section 5.2)."""

    error_description: str
    error: str


def of_answer(status: int, body: bytes) -> Failure:
    """Return the failure of an answer that is no success."""
    kind = Unavailable if status >= 500 else Failure
    try:
        problem = msgspec.json.decode(body, type=_Problem)
    except msgspec.DecodeError:
        return kind(_of_platform(status, body))
    parts = [f"{problem.detail} ({status} {problem.code})"]
    parts += [f"{error.field}: {error.message}" for error in problem.errors]
    return kind("; ".join(parts))


def _of_platform(status: int, body: bytes) -> str:
    for form in (_PlatformProblem, _TokenProblem):
        try:
            text, code = msgspec.structs.astuple(msgspec.json.decode(body, type=form))
        except msgspec.DecodeError:
            continue
        return f"{text} ({status} {code})"
    right = "try again later" if status >= 500 else "is the address right?"
    return f"the answer was {status} without a reason: {right}"
