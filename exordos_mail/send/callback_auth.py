# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How a tenant's own servers know that a request is ours.

Of a webhook and of the attachment endpoint alike.
"""

import base64
import secrets as random
import typing as tp

import msgspec

from exordos_mail.send import vault
from exordos_mail.send.attachments.signature import CannotSign, Signature
from exordos_mail.standards import rule, webhook_auth


class _Auth(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class NoAuth(_Auth, frozen=True, tag="none"):
    """Nothing."""


class BasicAuth(_Auth, frozen=True, tag="basic"):
    """A user and a password (RFC 7617)."""

    username: str
    password: str


class BearerAuth(_Auth, frozen=True, tag="bearer"):
    """A token (RFC 6750)."""

    token: str


class SignatureAuth(_Auth, frozen=True, tag="signature"):
    """A signature (Standard Webhooks 1.0.0, "Signature scheme")."""

    #: `whsec_` and base64.
    secret: str


Auth = NoAuth | BasicAuth | BearerAuth | SignatureAuth
_TYPES: tp.Mapping[str, type[Auth]] = {
    webhook_auth.NONE: NoAuth,
    webhook_auth.BASIC: BasicAuth,
    webhook_auth.BEARER: BearerAuth,
    webhook_auth.SIGNATURE: SignatureAuth,
}
#: Bytes of a secret that we make.
_SECRET_BYTES = 32


class Held(msgspec.Struct, frozen=True):
    """What a row keeps, sealed."""

    auth: Auth
    #: The secret that signed before: it signs beside the new one for a while.
    former: str | None = None
    #: Until then, in milliseconds since 1970.
    former_until: int = 0

    def __repr__(self) -> str:
        return "Held()"

    def signing(self, auth: SignatureAuth, now: int) -> tuple[str, ...]:
        """Return the secrets that sign at a moment, the present one first."""
        if self.former is None or now >= self.former_until:
            return (auth.secret,)
        return auth.secret, self.former


_decode = msgspec.json.Decoder(Held).decode


class WrongPart(ValueError):
    """A part of an authentication is missing, superfluous or of a wrong form.

    Attributes:
        field: its name.
    """

    def __init__(self, field: str, rule_text: str) -> None:
        super().__init__(rule_text)
        self.field = field


class UnusableAuth(Exception):
    """The stored secret cannot be used."""


class AuthOfOtherKey(UnusableAuth):
    """It was sealed with a key that this process does not have."""


def of_parts(method: str, username: str | None, secret: str | None) -> Auth:
    """Return an authentication by what a tenant's fields say.

    Args:
        method, username, secret: `callback_auth`, `callback_username` and
            `callback_secret` of `schema.tenant`.

    Raises:
        WrongPart: see there.
    """
    parts = {"callback_username": username, "callback_secret": secret}
    fault = webhook_auth.fault_of_parts(method, parts)
    if fault is not None:
        raise WrongPart(*fault)
    checked = {}
    for name, value in parts.items():
        if value is not None:
            checked[name] = _checked(name, method, value)
    return _TYPES[method](*checked.values())


def parts_of(auth: Auth) -> tuple[str | None, str | None]:
    """Return the user name and the secret of an authentication."""
    if isinstance(auth, BasicAuth):
        return auth.username, auth.password
    if isinstance(auth, BearerAuth):
        return None, auth.token
    return None, auth.secret if isinstance(auth, SignatureAuth) else None


def _checked(name: str, method: str, value: str) -> str:
    try:
        if name == "callback_username":
            return webhook_auth.check_username(value)
        return webhook_auth.check_secret(method, value)
    except rule.RuleError as error:
        raise WrongPart(name, str(error)) from None


def new_secret() -> str:
    """Return a new secret for signatures."""
    return f"whsec_{base64.b64encode(random.token_bytes(_SECRET_BYTES)).decode()}"


def seal(secrets: vault.Vault, tenant_id: str, auth: Auth) -> bytes | None:
    """Return what a row keeps of an authentication; None: nothing."""
    return (
        None if isinstance(auth, NoAuth) else seal_held(secrets, tenant_id, Held(auth))
    )


def seal_held(secrets: vault.Vault, tenant_id: str, held: Held) -> bytes:
    """Return what a row keeps of an authentication and its former secret."""
    return secrets.seal(
        msgspec.json.encode(held).decode(), vault.row_name("callback", tenant_id)
    )


def rotated(held: Held, secret: str, until: int) -> Held:
    """Return what signs with a new secret, and until a moment with the former too."""
    former = held.auth.secret if isinstance(held.auth, SignatureAuth) else None
    return Held(SignatureAuth(secret), former, until)


def unseal(secrets: vault.Vault, tenant_id: str, stored: bytes | None) -> Held:
    """Return what `seal` has written.

    Raises:
        AuthOfOtherKey: another key, or a row that was changed.
        UnusableAuth: it holds something else.
    """
    if stored is None:
        return Held(NoAuth())
    try:
        return _decode(secrets.open(stored, vault.row_name("callback", tenant_id)))
    except vault.WrongKey:
        raise AuthOfOtherKey("the webhook's secret cannot be decrypted") from None
    except msgspec.MsgspecError:
        raise UnusableAuth("the webhook's secret is of another form") from None


def headers(held: Held, batch_id: str, body: bytes, now: int) -> dict[str, str]:
    """Return the fields that say who sends a batch.

    Args:
        batch_id: the same at each attempt, so that a receiver can tell.
        now: the moment of the attempt, in milliseconds since 1970.

    Raises:
        UnusableAuth: the secret is no key.
    """
    auth = held.auth
    fields = {"webhook-id": batch_id, "webhook-timestamp": str(now // 1000)}
    if isinstance(auth, BasicAuth):
        pair = f"{auth.username}:{auth.password}".encode()
        fields["authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    elif isinstance(auth, BearerAuth):
        fields["authorization"] = f"Bearer {auth.token}"
    elif isinstance(auth, SignatureAuth):
        try:
            signature = Signature(held.signing(auth, now))
            fields |= signature.headers(batch_id, body, now)
        except CannotSign:
            raise UnusableAuth("the webhook's secret is no key") from None
    return fields
