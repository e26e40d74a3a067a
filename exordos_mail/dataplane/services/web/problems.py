# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What nginx itself answers, in the form of the send API's errors (RFC 9457)."""

import json
import typing as tp

from exordos_mail.send import limits

#: Octets of a body: that of `--body-mib` of the send service, which says it as well.
BODY_MAX = 36 * 1024 * 1024


class ErrorPage(tp.NamedTuple):
    """An answer from 400 on.

    `causes` are nginx's words for it: its own statuses, and those without a name.
    """

    status: int
    causes: tuple[int, ...]
    code: str
    detail: str

    @property
    def retry_after(self) -> int:
        """Return the seconds after which to try again; 0: that is not known."""
        return {429: 1, 503: 5}.get(self.status, 0)

    @property
    def body(self) -> str:
        """Return the answer's body; it may stand between single quotes."""
        words = {"code": self.code, "detail": self.detail, "status": self.status}
        return json.dumps(words, separators=(",", ":"))


ALL = (
    ErrorPage(400, (400,), "malformed", "the request is not HTTP"),
    ErrorPage(403, (403,), "forbidden", "there is nothing to be seen here"),
    ErrorPage(404, (404,), "not_found", "no such path"),
    ErrorPage(405, (405,), "unknown_method", "there is no such method here"),
    ErrorPage(
        412, (412,), "precondition_failed", "the file is not as the request says"
    ),
    ErrorPage(413, (413,), "too_large", f"a request has at most {BODY_MAX} bytes"),
    ErrorPage(414, (414,), "target_too_long", limits.TARGET.said()),
    ErrorPage(416, (416,), "no_such_range", "the file has no such part"),
    ErrorPage(
        421, (421,), "unknown_host", "this server has no certificate for that host"
    ),
    ErrorPage(
        429,
        (429,),
        "too_many_requests",
        "your address sends more than 1,000 requests in a second: send fewer",
    ),
    ErrorPage(431, (494,), "headers_too_large", limits.HEAD.said()),
    ErrorPage(400, (497,), "not_https", "this port speaks https only"),
    ErrorPage(500, (500,), "internal", "an error of the web server"),
    ErrorPage(501, (501,), "unknown_method", "there is no such method"),
    ErrorPage(505, (505,), "unknown_version", "the service speaks HTTP/1.1 and HTTP/2"),
    ErrorPage(
        503,
        (502,),
        "unavailable",
        "the send service does not run, or broke off: try again, with the same"
        " Idempotency-Key",
    ),
    ErrorPage(
        503,
        (503,),
        "busy",
        "your address has too many requests under way: use fewer at a time",
    ),
    ErrorPage(
        504,
        (504,),
        "too_slow",
        "the send service does not answer in time: try again, with the same"
        " Idempotency-Key",
    ),
)
