# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How a tenant's servers know that a request is ours."""

import base64

import msgspec
import pytest

from exordos_mail.send import callback_auth as a
from exordos_mail.send import vault

SECRETS = vault.Vault(b"k" * 32)
AUTHS = [
    a.BasicAuth("us", "s3cret"),
    a.BearerAuth("s3cret"),
    a.SignatureAuth("whsec_" + base64.b64encode(b"s3cret" * 5).decode()),
]


def test_signature_of_the_standards_example() -> None:
    # From the specification: its secret, id, timestamp, payload and signature.
    auth = a.SignatureAuth("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    fields = a.headers(
        a.Held(auth),
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        1614265330_000,
    )
    assert fields == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize("auth", AUTHS)
def test_sealed_and_unsealed(auth: a.Auth) -> None:
    stored = a.seal(SECRETS, "acme", auth)
    assert stored is not None
    assert b"s3cret" not in stored
    assert a.unseal(SECRETS, "acme", stored) == a.Held(auth)
    assert "s3cret" not in repr(auth)


def test_former_secret_signs_beside_the_new_one_until_its_time() -> None:
    old, new = a.new_secret(), a.new_secret()
    held = a.Held(a.SignatureAuth(new), former=old, former_until=2_000_000)
    stored = a.seal_held(SECRETS, "acme", held)
    assert a.unseal(SECRETS, "acme", stored) == held
    assert old not in repr(held)
    during = a.headers(held, "b", b"{}", 1_999_999)
    for secret in (old, new):
        alone = a.headers(a.Held(a.SignatureAuth(secret)), "b", b"{}", 1_999_999)
        assert alone["webhook-signature"] in during["webhook-signature"].split()
    after = a.headers(held, "b", b"{}", 2_000_000)
    assert len(after["webhook-signature"].split()) == 1


def test_nothing_is_kept_of_none() -> None:
    assert a.seal(SECRETS, "acme", a.NoAuth()) is None
    assert a.unseal(SECRETS, "acme", None) == a.Held(a.NoAuth())


def test_another_tenants_secret_does_not_open() -> None:
    stored = a.seal(SECRETS, "acme", AUTHS[0])
    with pytest.raises(a.UnusableAuth):
        a.unseal(SECRETS, "other", stored)


@pytest.mark.parametrize(
    ("method", "username", "secret", "field"),
    [
        ("bearer", None, "a\r\nX-Injected: b", "callback_secret"),
        ("bearer", None, "", "callback_secret"),
        ("bearer", "u", "s3cret", "callback_username"),
        ("basic", "u", None, "callback_secret"),
        ("basic", None, "s3cret", "callback_username"),
        ("basic", "a:b", "s3cret", "callback_username"),
        ("basic", "u", "\ud800", "callback_secret"),
        ("signature", None, "whsec_short", "callback_secret"),
        ("signature", None, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "callback_secret"),
        ("none", None, "s3cret", "callback_secret"),
    ],
)
def test_wrong_authentication_is_refused(
    method: str, username: str | None, secret: str | None, field: str
) -> None:
    with pytest.raises(a.WrongPart) as refused:
        a.of_parts(method, username, secret)
    assert refused.value.field == field
    assert not secret or secret not in str(refused.value)


@pytest.mark.parametrize("auth", [a.NoAuth(), *AUTHS], ids=repr)
def test_parts_make_the_same_authentication(auth: a.Auth) -> None:
    method = msgspec.to_builtins(auth)["type"]
    assert a.of_parts(method, *a.parts_of(auth)) == auth


def test_secret_of_a_wrong_length_fails_readably() -> None:
    with pytest.raises(a.UnusableAuth):
        a.headers(a.Held(a.SignatureAuth("whsec_" + "A" * 33)), "b", b"{}", 0)
