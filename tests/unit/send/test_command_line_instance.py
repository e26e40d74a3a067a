# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The command line on a mail instance, as far as it needs no network."""

import io
import pathlib

import click
import pytest

from exordos_mail.cli import contexts, control_plane, nouns, shapes, trust
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
        "id": "acme",
        "name": "Acme",
        "instance": "/v1/types/mail/instances/1",
        "limit_minute": None,
        "limit_hour": 5,
        "limit_day": None,
        "url": "https://192.0.2.7",
    }
    assert shapes.of_plane(nouns.OF_PLANE["tenant"], row) == {
        "id": "acme",
        "uuid": "u1",
        "name": "Acme",
        "url": "https://192.0.2.7",
        "limit_minute": None,
        "limit_hour": 5,
        "limit_day": None,
        "managed": True,
    }


def test_key_is_called_by_its_uuid_and_a_suppression_by_its_address() -> None:
    key = {"uuid": "u1", "name": "mine", "tenant": "/v1/types/mail/instances/1"}
    shown = shapes.of_plane(nouns.OF_PLANE["api_key"], key)
    assert shown == {"id": "u1", "uuid": "u1", "name": "mine"}
    row = {"uuid": "u2", "address": "bob@example.net"}
    assert shapes.of_plane(nouns.OF_PLANE["suppression"], row) == row


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
