# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A tenant's named storages, from their records.

Each config holds all that a driver needs. What is left out would be looked for in
the environment and the metadata service of our own machine, and so be given to
any tenant; therefore keys are required, and addresses that a config could bring
in (an S3 endpoint, a token URI) are the operator's to allow.
"""

import dataclasses
import importlib.util
import pathlib
import re
import typing as tp

import msgspec

from exordos_mail.send.attachments import path
from exordos_mail.send.attachments.bucket import Bucket
from exordos_mail.send.attachments.directory import Directory
from exordos_mail.send.attachments.failures import PermanentFailure, TemporaryFailure
from exordos_mail.send.attachments.policy import Policy

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")
_GOOGLE_TOKENS: tp.Final = "https://oauth2.googleapis.com/token"
_SECONDS = 10

Text = tp.Annotated[str, msgspec.Meta(min_length=1)]
BucketName = tp.Annotated[
    str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{2,221}\Z")
]
Region = tp.Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,32}\Z")]
AccountName = tp.Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]{3,24}\Z")]
AccountKey = tp.Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9+/]+={0,2}\Z")]


class StorageError(Exception):
    """A storage's record is wrong; the text has no secret."""


class DriverMissing(StorageError):
    """This machine lacks the package that a storage's protocol needs."""


class StoredFiles(tp.Protocol):
    """Where a storage's files are."""

    async def read(self, path: tuple[str, ...], limit: int) -> bytes:
        """Return a file; raise PermanentFailure or TemporaryFailure."""


@dataclasses.dataclass(frozen=True)
class Away:
    """Stands for a place that this machine cannot read; another one may."""

    reason: str

    async def read(self, path: tuple[str, ...], limit: int) -> bytes:
        """Say so."""
        raise TemporaryFailure(self.reason)


@dataclasses.dataclass(frozen=True)
class Storage:
    """A storage with its name."""

    name: str
    place: StoredFiles


class LocalConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A directory of this machine."""

    base_path: str

    def place(self, policy: Policy) -> StoredFiles:
        """Return it, if the operator allows it."""
        base = pathlib.PurePosixPath(self.base_path)
        if not base.is_absolute() or ".." in base.parts or "\0" in self.base_path:
            raise StorageError("base_path must be an absolute path without '..'")
        for root in policy.directories:
            if base.is_relative_to(root):
                return Directory(root, base.relative_to(root).parts)
        raise StorageError("base_path is in no directory that the operator allows")


class S3Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A bucket of Amazon S3 or of a service like it."""

    bucket: BucketName
    aws_access_key_id: Text
    aws_secret_access_key: Text
    prefix: str = ""
    region_name: Region | None = None
    #: Another service; one that the operator allows.
    endpoint_url: str | None = None

    def place(self, policy: Policy) -> StoredFiles:
        """Return it, if the operator allows its service."""
        if self.endpoint_url not in (None, *policy.s3_endpoints):
            raise StorageError("endpoint_url is none that the operator allows")
        return Bucket("s3", (self.bucket, *_prefix(self.prefix)), self)

    def options(self) -> dict[str, tp.Any]:
        """Return what s3fs takes."""
        return {
            "key": self.aws_access_key_id,
            "secret": self.aws_secret_access_key,
            "endpoint_url": self.endpoint_url,
            "client_kwargs": {"region_name": self.region_name},
            "config_kwargs": {
                "connect_timeout": _SECONDS,
                "read_timeout": _SECONDS,
                # The message is tried again later; s3fs itself tries a little too.
                "retries": {"max_attempts": 0},
            },
        }


class ServiceAccount(msgspec.Struct, frozen=True):
    """A Google service account's key file; fields that we do not need are left.

    Other kinds of credentials may name commands and addresses to run and ask.
    """

    type: tp.Literal["service_account"]
    client_email: Text
    private_key: Text
    private_key_id: str = ""
    project_id: str = ""
    token_uri: tp.Literal["https://oauth2.googleapis.com/token"] = _GOOGLE_TOKENS


class GcsConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A bucket of Google Cloud Storage."""

    bucket: BucketName
    #: None: the bucket is public.
    token: ServiceAccount | None = None
    project: str | None = None
    prefix: str = ""

    def place(self, policy: Policy) -> StoredFiles:
        """Return it."""
        return Bucket("gcs", (self.bucket, *_prefix(self.prefix)), self)

    def options(self) -> dict[str, tp.Any]:
        """Return what gcsfs takes."""
        token = "anon" if self.token is None else msgspec.to_builtins(self.token)
        return {"project": self.project, "token": token, "access": "read_only"}


class AzureConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A container of Azure Blob Storage."""

    container: BucketName
    account_name: AccountName
    account_key: AccountKey
    prefix: str = ""

    def place(self, policy: Policy) -> StoredFiles:
        """Return it."""
        return Bucket("abfs", (self.container, *_prefix(self.prefix)), self)

    def options(self) -> dict[str, tp.Any]:
        """Return what adlfs takes."""
        return {
            "account_name": self.account_name,
            "account_key": self.account_key,
            # Given too, because adlfs prefers the one of the environment.
            "connection_string": (
                "DefaultEndpointsProtocol=https;"
                f"AccountName={self.account_name};AccountKey={self.account_key};"
                "EndpointSuffix=core.windows.net"
            ),
            "connection_timeout": _SECONDS,
            "read_timeout": _SECONDS,
        }


Config = LocalConfig | S3Config | GcsConfig | AzureConfig
_FORMS: dict[str, type[Config]] = {
    "local": LocalConfig,
    "s3": S3Config,
    "gcs": GcsConfig,
    "azure": AzureConfig,
}
#: Packages that clouds need; the extra `send-<protocol>` brings each.
_DRIVERS = {"s3": "s3fs", "gcs": "gcsfs", "azure": "adlfs"}


def parse(name: str, protocol: str, config: object, policy: Policy) -> Storage:
    """Return a storage from its record.

    Args:
        name: what references call it.
        protocol: `local`, `s3`, `gcs` or `azure`.
        config: JSON object, see the classes of this module.
        policy: what the operator allows.

    Raises:
        DriverMissing: a package is not installed.
        StorageError: something of it is wrong or not allowed.
    """
    if not _NAME.match(name):
        raise StorageError("a storage's name is 1 to 64 letters, digits, '_' or '-'")
    if protocol not in _FORMS:
        raise StorageError(f"protocol must be one of {', '.join(_FORMS)}")
    driver = _DRIVERS.get(protocol)
    if driver is not None and importlib.util.find_spec(driver) is None:
        raise DriverMissing(
            f"storages of protocol {protocol} need the package {driver},"
            f" which the extra send-{protocol} installs"
        )
    try:
        return Storage(name, msgspec.convert(config, _FORMS[protocol]).place(policy))
    except msgspec.ValidationError as error:
        raise StorageError(f"config: {error}") from None


def _prefix(prefix: str) -> tuple[str, ...]:
    stripped = prefix.strip("/")
    try:
        return path.parts(stripped) if stripped else ()
    except PermanentFailure as error:
        raise StorageError(f"prefix: {error.reason}") from None
