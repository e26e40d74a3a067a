# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The command line on a mail instance, as far as it needs no network."""

import io
import pathlib

import click
import pytest

from exordos_mail.cli import contexts, control_plane, shapes, trust
from exordos_mail.cli.contexts import Context, Contexts, Instance, Login
from exordos_mail.cli.realm import Realm
from exordos_mail.standards.program import Failure

NODE = Context("https://192.0.2.7", "exm_key", "acme", trust.Trust("PEM", pinned=True))
PROD = Context(
    "https://cloud.example.com/api/metapaas",
    "a.b.c",
    "acme",
    instance=Instance(
        "01a00000-0000-4000-8000-000000000000",
        Login("https://cloud.example.com", "project:1", "ann", refresh_token="r"),
        {"acme": NODE},
    ),
)
KNOWN = Contexts("prod", {"prod": PROD})


def test_file_keeps_all_of_it(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    contexts.save(KNOWN)
    assert contexts.load() == KNOWN


def test_file_of_a_former_version_is_read(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    contexts.save(Contexts())
    contexts.path().write_text(
        '{"current": "a", "contexts": {"a": {"url": "http://h", "token": "t",'
        ' "tenant": null}}}'
    )
    assert contexts.load().contexts == {"a": Context("http://h", "t")}


def test_instance_takes_no_token_from_elsewhere() -> None:
    assert contexts.target(KNOWN, None, None, None, None).context is PROD
    with pytest.raises(click.UsageError, match="tokens of its own"):
        contexts.target(KNOWN, None, None, None, "exm_key")
    other = contexts.target(KNOWN, None, "https://other.example.com", None, None)
    assert (other.token, other.context) == (None, None)


def test_tenant_in_the_shape_of_the_services() -> None:
    row = {
        "uuid": "u1",
        "slug": "acme",
        "name": "Acme",
        "instance": "/v1/types/mail/instances/1",
        "limit_minute": None,
        "limit_hour": 5,
        "limit_day": None,
        "url": "https://192.0.2.7",
    }
    assert shapes.shown(shapes.TENANT, row) == {
        "id": "acme",
        "uuid": "u1",
        "name": "Acme",
        "url": "https://192.0.2.7",
        "limits": {"minute": None, "hour": 5, "day": None},
        "managed": True,
    }


def test_key_is_called_by_its_uuid_and_a_suppression_by_its_address() -> None:
    key = {"uuid": "u1", "name": "mine", "tenant": "/v1/types/mail/instances/1"}
    shown = shapes.shown(shapes.KEY, key)
    assert shown == {"id": "u1", "uuid": "u1", "name": "mine"}
    row = {"uuid": "u2", "address": "bob@example.net"}
    assert shapes.shown(shapes.SUPPRESSION, row) == row


@pytest.mark.parametrize(
    ("auth", "wanted"),
    [
        ({"type": "none"}, {"callback_auth": "none"}),
        (
            {"type": "basic", "username": "ann", "password": "p"},
            {
                "callback_auth": "basic",
                "callback_username": "ann",
                "callback_secret": "p",
            },
        ),
        (
            {"type": "bearer", "token": "t"},
            {"callback_auth": "bearer", "callback_secret": "t"},
        ),
        (
            {"type": "signature", "secret": "whsec_1"},
            {"callback_auth": "signature", "callback_secret": "whsec_1"},
        ),
    ],
)
def test_request_as_the_control_plane_takes_it(
    auth: shapes.Body, wanted: shapes.Body
) -> None:
    given = {"id": "acme", "limits": {"day": 5, "hour": None}, "callback_auth": auth}
    limits = {"limit_day": 5, "limit_hour": None}
    assert shapes.wanted(given) == {"slug": "acme", **limits, **wanted}
    # What is written as the control plane has it is left as it is.
    assert shapes.wanted(wanted) == wanted


@pytest.mark.parametrize("pin", ["", "12", "0" * 63, "g" * 64, "0" * 128])
def test_pin_is_a_digest(pin: str) -> None:
    with pytest.raises(click.UsageError, match="64 hexadecimal digits"):
        trust.chosen("https://192.0.2.7", None, pin)


def test_one_way_to_trust() -> None:
    with pytest.raises(click.UsageError, match="--ca-file or --pin"):
        trust.chosen("https://192.0.2.7", io.StringIO("x"), "0" * 64)
    with pytest.raises(click.UsageError, match="not https"):
        trust.chosen("http://192.0.2.7", None, "0" * 64)
    assert trust.chosen("https://192.0.2.7", None, None) is None


def test_platform_and_what_is_behind_it() -> None:
    platform = control_plane.address("https://Cloud.example.com:8443/api/core/")
    assert platform == "https://cloud.example.com:8443/api/core"
    assert (
        control_plane.behind(platform) == "https://cloud.example.com:8443/api/metapaas"
    )
    for wrong in ("", "cloud", "ftp://c", "https://u:secret@c", "https://c/?q=1"):
        with pytest.raises(Failure) as caught:
            control_plane.address(wrong)
        assert "secret" not in str(caught.value)


def test_password_is_not_in_the_text_of_a_realm() -> None:
    realm = Realm("r", "https://c", "ann", "hunter2", "a", "b", None)
    assert "hunter2" not in f"{realm} {realm!r}"
