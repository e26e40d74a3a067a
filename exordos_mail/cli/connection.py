# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Requests to one address in the name of a token."""

import ipaddress
import json
import ssl
import typing as tp
import urllib.parse

import httpx

from exordos_mail.cli import PROGRAM, trust
from exordos_mail.standards.program import Failure, Unavailable, report

_TIMEOUT = httpx.Timeout(60, connect=10)
Query = tp.Mapping[str, tp.Any]


class Answer(dict[str, tp.Any]):
    """A JSON object of the service."""

    def __missing__(self, name: str) -> tp.NoReturn:
        raise stranger()


class Connection:
    """One address; no redirect is followed: the token is for this one."""

    def __init__(
        self, url: str, token: str | None, trusted: trust.Trust | None = None
    ) -> None:
        """Make it.

        Args:
            url: what the paths of requests are put behind.
            token: None: requests have none.
            trusted: instead of the system's authorities.
        """
        self.url = url
        if url.startswith("http:") and not _is_near(url):
            report(PROGRAM, f"warning: {url} is not https: others can read along")
        try:
            self._http = httpx.Client(
                base_url=url, verify=trust.tls(trusted), timeout=_TIMEOUT
            )
        except (ImportError, ValueError):
            # Not repeated: a proxy's address may have a password in it.
            raise Failure("the environment names a proxy that cannot be used") from None
        self.use(token)

    def use(self, token: str | None) -> None:
        """Make requests in the name of this token from now on."""
        if token is not None:
            self._http.headers["Authorization"] = f"Bearer {token}"

    def request(
        self,
        method: str,
        path: str,
        query: Query | None = None,
        body: object = None,
        form: tp.Mapping[str, str] | None = None,
        headers: tp.Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Make a request, whatever the answer is.

        Args:
            query: parameters; those that are None are left out.
            body: sent as JSON.
            form: sent as a form, instead.

        Raises:
            Failure: there is no answer.
        """
        given = {name: one for name, one in (query or {}).items() if one is not None}
        try:
            return self._http.request(
                method,
                path,
                # None when empty: it would replace the query of the path.
                params=given or None,
                json=body,
                data=form,
                headers=headers,
            )
        except httpx.TimeoutException:
            why = "it does not answer in time"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = _certificate(error)
            if reason is not None:
                raise trust.failure(self.url, reason) from None
            why = str(error)
        raise Unavailable(f"cannot reach {self.url}: {why}")


def decoded(body: bytes) -> tp.Any:
    """Return the JSON of an answer; its objects are Answers.

    Raises:
        Failure: it is none.
    """
    try:
        return json.loads(body, object_hook=Answer)
    except (ValueError, RecursionError):
        raise stranger() from None


def stranger() -> Failure:
    """Return the failure of an answer that another program has given."""
    return Failure("the answer is not the send service's")


def _certificate(error: BaseException | None) -> str | None:
    """Return why a certificate is not trusted, if that is the reason."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message
        error = error.__cause__ or error.__context__
    return None


def _is_near(url: str) -> bool:
    host = urllib.parse.urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
