# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a caller is told when a call fails (RFC 9457)."""

import msgspec

#: Seconds after which a caller may try again who has too much waiting.
_RETRY_AFTER = "30"


class FieldProblem(msgspec.Struct):
    """One member that is wrong."""

    #: Path in the request, as `messages[3].to[0]`.
    field: str
    message: str


class ProblemOut(msgspec.Struct, omit_defaults=True):
    """The body of every answer from 400 on."""

    #: A word for programs.
    code: str
    #: A sentence for people.
    detail: str
    status: int
    errors: list[FieldProblem] = []


class Problem(Exception):
    """Ends a call with an answer from 400 on."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        errors: list[FieldProblem] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors or []
        self.headers = headers or {}

    def out(self) -> ProblemOut:
        """Return the answer's body."""
        return ProblemOut(self.code, self.detail, self.status, self.errors)


def not_found(what: str) -> Problem:
    """Return the problem of something that is not there, or not the caller's."""
    return Problem(404, "not_found", f"no such {what}")


def conflict(code: str, detail: str) -> Problem:
    """Return the problem of a call that what is there does not allow."""
    return Problem(409, code, detail)


def managed() -> Problem:
    """Return the problem of changing what the control plane writes."""
    return Problem(409, "managed", "the control plane manages this: change it there")


def too_much(text: str) -> Problem:
    """Return the problem of a tenant that has stored as much as it may."""
    headers = {"Retry-After": _RETRY_AFTER}
    return Problem(429, "too_much_waiting", text, headers=headers)


def invalid(errors: list[FieldProblem]) -> Problem:
    """Return the problem of a body or query that breaks rules."""
    return Problem(422, "invalid", "some members of the request are wrong", errors)


def invalid_field(field: str, message: str) -> Problem:
    """Return the problem of one wrong member."""
    return invalid([FieldProblem(field, message)])
