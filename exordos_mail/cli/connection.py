# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Requests to one address in the name of a token."""

import ipaddress
import json
import ssl
import typing as tp
import urllib.parse

from exordos_mail.cli import PROGRAM, failure, trust
from exordos_mail.standards.program import Failure, Unavailable, report

if tp.TYPE_CHECKING:
    import httpx

Query = tp.Mapping[str, tp.Any]
Form = tp.TypeVar("Form", "Answer", "list[Answer]")


class Answer(dict[str, tp.Any]):
    """A JSON object of the service."""

    def __missing__(self, name: str) -> tp.NoReturn:
        raise _stranger()


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
        # It takes longer than all the rest, and help needs none.
        import httpx

        self.url = url
        if url.startswith("http:") and not _is_near(url):
            report(PROGRAM, f"warning: {url} is not https: others can read along")
        try:
            self._http = httpx.Client(
                base_url=url,
                verify=trust.tls(trusted),
                timeout=httpx.Timeout(60, connect=10),
            )
        except (ImportError, ValueError):
            # Not repeated: a proxy's address may have a password in it.
            raise Failure(
                "a variable, such as HTTPS_PROXY, names a proxy that cannot be used"
            ) from None
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
        content: bytes | None = None,
    ) -> "httpx.Response":
        """Make a request, whatever the answer is.

        Args:
            query: parameters; those that are None are left out.
            body: sent as JSON.
            form: sent as a form, instead.
            content: sent as it is, instead; a header says what it is.

        Raises:
            Failure: there is no answer.
        """
        import httpx

        given = {name: one for name, one in (query or {}).items() if one is not None}
        try:
            return self._http.request(
                method,
                path,
                # None when empty: it would replace the query of the path.
                params=given or None,
                json=body,
                data=form,
                content=content,
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


def content(answer: "httpx.Response", form: type[Form]) -> Form:
    """Return the JSON of an answer, whose objects are Answers; empty: an empty one.

    Raises:
        Failure: it is a refusal, or has another form.
    """
    if not answer.is_success:
        raise failure.of_answer(answer.status_code, answer.content)
    try:
        found = json.loads(answer.content or b"{}", object_hook=Answer)
    except (ValueError, RecursionError):
        raise _stranger() from None
    if not isinstance(found, form):
        raise _stranger()
    return found


def _stranger() -> Failure:
    return Failure("another program has answered: is the address right?")


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
