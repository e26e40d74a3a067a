# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The conversation with a certificate authority: ACME (RFC 8555).

What goes wrong is one of these, each with a text for the tenant:

    OrderFailed         the authority does not give this certificate
    └── Busy            it asks to come again later, with whatever (429, 503)
    AuthorityAway       it cannot be reached, or makes no sense: no fault of the name
"""

import datetime
from email import utils as email_utils
import http
import typing as tp

from acme import client as acme_client
from acme import crypto_util
from acme import errors as acme_errors
from acme import messages as acme_messages
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from josepy import errors as jose_errors
from josepy import jwa, jwk
import requests

from exordos_mail.controlplane.certificates import challenge as challenge_lib

#: Seconds for one exchange, and for the authority to look at a challenge and to sign.
EXCHANGE, PATIENCE = 20, 120
# How often a request is repeated whose nonce is refused (RFC 8555 section 6.5).
_NONCES = 12
# What the library makes of answers that are none of an authority.
_NO_SENSE = (
    requests.RequestException,
    acme_errors.Error,
    jose_errors.Error,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
_AGENT = "exordos_mail"


class OrderFailed(Exception):
    """There is no certificate; the text says why."""


class Busy(OrderFailed):
    """The authority asks to come again later.

    Attributes:
        wait: how much later, at the least.
    """

    def __init__(self, text: str, wait: datetime.timedelta) -> None:
        super().__init__(text)
        self.wait = wait


class AuthorityAway(Exception):
    """The authority cannot be reached; the text says why."""


class NotShown(Exception):
    """Our own code has failed at showing a challenge; the cause says where."""


class ACMEAccount:
    """An account at an authority.

    Args:
        directory: address of its directory.
        account_key: PEM, ECDSA P-256; one that is not known yet gets an account.
        email: for the authority to write to, or "".
        ca_file: PEM of who is trusted, or "".
    """

    def __init__(
        self, directory: str, account_key: str, email: str = "", ca_file: str = ""
    ) -> None:
        key = serialization.load_pem_private_key(account_key.encode(), password=None)
        self._key = jwk.JWKEC(key=key)
        self._email = email
        self._network = _Network(
            self._key, alg=jwa.ES256, user_agent=_AGENT, timeout=EXCHANGE
        )
        if ca_file:
            # requests takes a path for it as well
            self._network.verify_ssl = tp.cast(bool, ca_file)
        self._directory = directory
        self._client: acme_client.ClientV2 | None = None

    def order(
        self, hostname: str, private_key: str, challenge: challenge_lib.Challenge
    ) -> str:
        """Return the chain of a new certificate, PEM.

        Raises:
            challenge.NotReady: the challenge could not be shown.
            NotShown: see there.
            OrderFailed: see there.
            AuthorityAway: see there.
        """
        try:
            return self._order(hostname, private_key, challenge)
        except acme_errors.ValidationError as error:
            raise OrderFailed(_said_of_challenges(error)) from None
        except acme_errors.IssuanceError as error:
            raise OrderFailed(f"the authority refuses: {_said(error.error)}") from None
        except acme_messages.Error as error:
            self._client = None
            raise OrderFailed(f"the authority refuses: {_said(error)}") from None
        except acme_errors.TimeoutError:
            raise OrderFailed(
                f"the authority has not decided within {PATIENCE} seconds"
            ) from None
        except _NO_SENSE as error:
            self._client = None
            name = type(error).__name__
            raise AuthorityAway(
                f"the authority cannot be reached, or makes no sense: {name}"
            ) from None

    def _order(
        self, hostname: str, private_key: str, challenge: challenge_lib.Challenge
    ) -> str:
        client = self._ready()
        csr = crypto_util.make_csr(private_key.encode(), [hostname])
        order = client.new_order(csr)
        pending = [
            _of_kind(one.body, challenge.kind)
            for one in order.authorizations
            if one.body.status == acme_messages.STATUS_PENDING
        ]
        said = [(one, *one.response_and_validation(self._key)) for one in pending]
        if said:
            _show(
                challenge,
                [
                    challenge_lib.Proof(one.chall.encode("token"), text)
                    for one, _, text in said
                ],
            )
        for one, response, _ in said:
            client.answer_challenge(one, response)
        deadline = datetime.datetime.now() + datetime.timedelta(seconds=PATIENCE)
        order = client.poll_authorizations(order, deadline)
        return str(client.finalize_order(order, deadline).fullchain_pem)

    def _ready(self) -> acme_client.ClientV2:
        """Return a client with an account; both are found once."""
        if self._client is None:
            self._network.account = None
            directory = acme_client.ClientV2.get_directory(
                self._directory, self._network
            )
            client = acme_client.ClientV2(directory, self._network)
            given = {"contact": (f"mailto:{self._email}",)} if self._email else {}
            registration = acme_messages.NewRegistration(
                terms_of_service_agreed=True, **given
            )
            try:
                client.new_account(registration)
            except acme_errors.ConflictError as known:
                self._network.account = acme_messages.RegistrationResource(
                    body=acme_messages.Registration(), uri=known.location
                )
            self._client = client
        return self._client


def _show(
    challenge: challenge_lib.Challenge, proofs: list[challenge_lib.Proof]
) -> None:
    try:
        challenge.show(proofs)
    except _NO_SENSE as error:
        # It looks like nonsense of the authority, and is none.
        raise NotShown from error


def _of_kind(body: acme_messages.Authorization, kind: str) -> tp.Any:
    for one in body.challenges:
        if one.chall.typ == kind:
            return one
    raise OrderFailed(f"the authority offers no challenge {kind} for this name")


def new_key() -> str:
    """Return a new private key, ECDSA P-256, PKCS#8 PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode("ascii")


class _Network(acme_client.ClientNetwork):
    """The library's network, with more patience for nonces and an eye for Retry-After.

    The library repeats a request once whose nonce is refused.
    """

    def post(self, *args: tp.Any, **kwargs: tp.Any) -> requests.Response:
        for _ in range(_NONCES):
            try:
                return self._post_once(*args, **dict(kwargs))
            except acme_messages.Error as error:
                if error.code != "badNonce":
                    raise
                self._nonces.clear()
        raise acme_errors.NonceError("each nonce was refused")

    @classmethod
    def _check_response(
        cls, response: requests.Response, content_type: str | None = None
    ) -> requests.Response:
        busy = (http.HTTPStatus.TOO_MANY_REQUESTS, http.HTTPStatus.SERVICE_UNAVAILABLE)
        if response.status_code in busy:
            wait = _retry_after(response.headers.get("Retry-After", ""))
            raise Busy(f"the authority asks to wait: {_detail(response)}", wait)
        return super()._check_response(response, content_type)


def _retry_after(text: str) -> datetime.timedelta:
    """Return a Retry-After (RFC 9110 section 10.2.3), never below zero."""
    if text.isdecimal():
        return datetime.timedelta(seconds=min(int(text[:9]), 10**6))
    try:
        moment = email_utils.parsedate_to_datetime(text)
        left = moment - datetime.datetime.now(datetime.timezone.utc)
    except (ValueError, TypeError):
        return datetime.timedelta()
    return max(left, datetime.timedelta())


def _detail(response: requests.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"status {response.status_code}"


def _said(error: acme_messages.Error) -> str:
    return f"{error.code or 'error'}: {error.detail or 'no reason given'}"


def _said_of_challenges(error: acme_errors.ValidationError) -> str:
    said = [
        _said(challenge.error)
        for one in error.failed_authzrs
        for challenge in one.body.challenges
        if challenge.error is not None
    ]
    return f"the authority could not see the challenge: {'; '.join(said)}"
