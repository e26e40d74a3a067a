# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a message says about one attachment, as it comes in JSON."""

import typing as tp

import msgspec


class Auth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How we show an HTTP server who asks (RFC 7617, RFC 6750)."""

    method: tp.Literal["none", "basic", "bearer"] = "none"
    user: str = ""
    password: str = ""
    token: str = ""

    def __repr__(self) -> str:
        return f"Auth(method={self.method!r})"


NO_AUTH = Auth()


class Reference(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True
):
    """One attachment; exactly one of `content`, `url`, `endpoint`, `storage`.

    `url` and `auth` may hold secrets: keep a reference like a password. `repr` shows
    the name only.
    """

    #: Its name in the mail. A marker `{MD5:<32 hex digits>}` in it is taken off and
    #: is the same as `md5`.
    filename: tp.Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    #: The bytes in base64 (RFC 4648 section 4), with or without padding.
    content: str | None = None
    #: An http or https address.
    url: tp.Annotated[str, msgspec.Meta(max_length=4096)] | None = None
    #: What the tenant's attachment endpoint knows it by.
    endpoint: tp.Annotated[str, msgspec.Meta(min_length=1, max_length=4096)] | None = (
        None
    )
    #: Name of one of the tenant's storages, with `path` in it.
    storage: str | None = None
    path: tp.Annotated[str, msgspec.Meta(max_length=1024)] | None = None
    #: Media type; guessed from the file name when absent.
    content_type: str | None = None
    #: Shown inside of the HTML by this Content-ID (RFC 2392), without `<>`.
    content_id: str | None = None
    #: Checksums that the bytes must have, hex; with one they are cached.
    sha256: (
        tp.Annotated[str, msgspec.Meta(pattern="^[0-9a-fA-F]{64}$", max_length=64)]
        | None
    ) = None
    md5: (
        tp.Annotated[str, msgspec.Meta(pattern="^[0-9a-fA-F]{32}$", max_length=32)]
        | None
    ) = None
    #: For `url`; and instead of the tenant's own for `endpoint`.
    auth: Auth | None = None

    def __repr__(self) -> str:
        return f"Reference(filename={self.filename!r})"
