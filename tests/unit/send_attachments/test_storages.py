# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Storages are parsed from their records."""

import pathlib
import sys
import typing as tp

import pytest

from exordos_mail.send.attachments import Policy, storages

POLICY = Policy(
    directories=(pathlib.Path("/srv/files"),),
    s3_endpoints=frozenset({"https://s3.acme.example"}),
)
S3 = {
    "bucket": "my-bucket",
    "prefix": "/attachments/",
    "aws_access_key_id": "id",
    "aws_secret_access_key": "secret",
}
ACCOUNT = {
    "type": "service_account",
    "client_email": "a@acme.iam.gserviceaccount.com",
    "private_key": "secret",
    "client_id": "1",
}
GCS = {"bucket": "my-bucket", "project": "acme", "token": ACCOUNT}
AZURE = {"container": "mine", "account_name": "acme", "account_key": "c2VjcmV0"}


@pytest.fixture
def drivers(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    """Packages of the clouds' names, which are only looked for here."""
    for name in ("s3fs", "gcsfs", "adlfs"):
        (tmp_path / f"{name}.py").touch()
    monkeypatch.syspath_prepend(tmp_path)


def _parse(protocol: str, config: object) -> storages.Storage:
    return storages.parse("HOME", protocol, config, POLICY)


def test_each_protocol_has_its_place(drivers: None) -> None:
    local = _parse("local", {"base_path": "/srv/files/acme"})
    assert local.place == storages.Directory(pathlib.Path("/srv/files"), ("acme",))
    for protocol, config, driver in (
        ("s3", S3, "s3"),
        ("gcs", GCS, "gcs"),
        ("azure", AZURE, "abfs"),
    ):
        place = _parse(protocol, config).place
        assert isinstance(place, storages.Bucket)
        assert place.driver == driver
        assert "secret" not in repr(place)


def test_drivers_get_everything_and_look_for_nothing_themselves(drivers: None) -> None:
    def options(protocol: str, config: object) -> dict[str, tp.Any]:
        place = _parse(protocol, config).place
        assert isinstance(place, storages.Bucket)
        return place.settings.options()

    s3 = options("s3", S3)
    assert (s3["key"], s3["secret"]) == ("id", "secret")
    assert options("gcs", GCS)["token"]["token_uri"] == (
        "https://oauth2.googleapis.com/token"
    )
    assert options("gcs", {"bucket": "my-bucket"})["token"] == "anon"
    assert options("azure", AZURE)["connection_string"] == (
        "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=c2VjcmV0;"
        "EndpointSuffix=core.windows.net"
    )


@pytest.mark.parametrize(
    ("protocol", "config"),
    [
        ("ftp", {}),
        ("local", {}),
        ("local", []),
        ("local", {"base_path": 5}),
        ("local", {"base_path": "srv/files"}),
        ("local", {"base_path": "/"}),
        ("local", {"base_path": "/etc"}),
        ("local", {"base_path": "/srv/files2"}),
        ("local", {"base_path": "/srv/files/../../etc"}),
        ("local", {"base_path": "/srv/files/a\0"}),
        ("s3", {"bucket": "my-bucket"}),
        ("s3", {**S3, "aws_secret_access_key": ""}),
        ("s3", {**S3, "bucket": "a/b/c"}),
        ("s3", {**S3, "prefix": "../other"}),
        ("s3", {**S3, "region_name": "x/@127.0.0.1"}),
        ("s3", {**S3, "endpoint_url": "http://169.254.169.254"}),
        ("s3", {**S3, "profile": "default"}),
        ("gcs", {**GCS, "token": "/etc/passwd"}),
        ("gcs", {**GCS, "token": "cloud"}),
        ("gcs", {**GCS, "token": {**ACCOUNT, "type": "external_account"}}),
        ("gcs", {**GCS, "token": {**ACCOUNT, "token_uri": "http://10.0.0.1/"}}),
        ("azure", {"container": "mine", "account_name": "acme"}),
        ("azure", {**AZURE, "account_name": "127.0.0.1/"}),
        ("azure", {**AZURE, "account_key": "a;BlobEndpoint=http://10.0.0.1"}),
    ],
)
def test_a_wrong_or_dangerous_config_is_refused(
    drivers: None, protocol: str, config: object
) -> None:
    with pytest.raises(storages.StorageError) as caught:
        _parse(protocol, config)
    assert "secret" not in str(caught.value).replace("aws_secret_access_key", "")
    assert "passwd" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "a b", "../a", "a:b", "a" * 65, "a\n"])
def test_a_name_is_plain(name: str) -> None:
    with pytest.raises(storages.StorageError):
        storages.parse(name, "local", {"base_path": "/srv/files"}, POLICY)


def test_an_endpoint_that_the_operator_allows(drivers: None) -> None:
    _parse("s3", {**S3, "endpoint_url": "https://s3.acme.example"})


@pytest.mark.parametrize(
    ("protocol", "driver"), [("s3", "s3fs"), ("gcs", "gcsfs"), ("azure", "adlfs")]
)
def test_a_missing_driver_is_told_with_its_extra(
    protocol: str, driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, driver, None)
    with pytest.raises(storages.StorageError) as caught:
        _parse(protocol, {})
    assert driver in str(caught.value)
    assert f"the extra send-{protocol}" in str(caught.value)
