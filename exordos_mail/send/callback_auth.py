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
from exordos_mail.send.attachments.signature import NoKey, Signature
from exordos_mail.standards import webhook_auth

_Text = tp.Annotated[str, msgspec.Meta(min_length=1, max_length=webhook_auth.TEXT_MAX)]
# It becomes a part of a header field (RFC 9110 section 5.5).
_Visible = tp.Annotated[_Text, msgspec.Meta(pattern=f"^{webhook_auth.TOKEN_PATTERN}")]
# 24 to 64 bytes, as Standard Webhooks wants it.
_Secret = tp.Annotated[
    str, msgspec.Meta(pattern=f"^{webhook_auth.SIGNING_SECRET_PATTERN}")
]


class NoAuth(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    tag="none",
    tag_field="type",
):
    """Nothing."""


class BasicAuth(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    tag="basic",
    tag_field="type",
):
    """A user and a password (RFC 7617)."""

    username: _Text
    password: _Text

    def __repr__(self) -> str:
        return "BasicAuth()"


class BearerAuth(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    tag="bearer",
    tag_field="type",
):
    """A token (RFC 6750)."""

    token: _Visible

    def __repr__(self) -> str:
        return "BearerAuth()"


class SignatureAuth(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    tag="signature",
    tag_field="type",
):
    """A signature (Standard Webhooks 1.0.0, "Signature scheme")."""

    #: `whsec_` and base64.
    secret: _Secret

    def __repr__(self) -> str:
        return "SignatureAuth()"


Auth = NoAuth | BasicAuth | BearerAuth | SignatureAuth
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


class Unreadable(Exception):
    """The stored secret cannot be used."""


class WrongKey(Unreadable):
    """It was sealed with a key that this process does not have."""


def secret_row(tenant_id: str) -> str:
    """Return the name under which the vault keeps a tenant's secret."""
    return f"callback {tenant_id}"


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
    return secrets.seal(msgspec.json.encode(held).decode(), secret_row(tenant_id))


def rotated(held: Held, secret: str, until: int) -> Held:
    """Return what signs with a new secret, and until a moment with the former too."""
    former = held.auth.secret if isinstance(held.auth, SignatureAuth) else None
    return Held(SignatureAuth(secret), former, until)


def unseal(secrets: vault.Vault, tenant_id: str, stored: bytes | None) -> Held:
    """Return what `seal` has written.

    Raises:
        WrongKey: another key, or a row that was changed.
        Unreadable: it holds something else.
    """
    if stored is None:
        return Held(NoAuth())
    try:
        return _decode(secrets.open(stored, secret_row(tenant_id)))
    except vault.WrongKey:
        raise WrongKey("the webhook's secret cannot be decrypted") from None
    except msgspec.MsgspecError:
        raise Unreadable("the webhook's secret is of another form") from None


def headers(held: Held, batch_id: str, body: bytes, now: int) -> dict[str, str]:
    """Return the fields that say who sends a batch.

    Args:
        batch_id: the same at each attempt, so that a receiver can tell.
        now: the moment of the attempt, in milliseconds since 1970.

    Raises:
        Unreadable: the secret is no key.
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
        except NoKey:
            raise Unreadable("the webhook's secret is no key") from None
    return fields
