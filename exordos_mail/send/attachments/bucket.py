# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Objects of a cloud storage, by fsspec."""

import asyncio
import dataclasses
import typing as tp

import fsspec
import fsspec.asyn

from exordos_mail.send.attachments import answers
from exordos_mail.send.attachments.failures import (
    Failure,
    PermanentFailure,
    TemporaryFailure,
)

#: Drivers take the rest of a path for a version or a fragment from here on.
_DELIMITERS = ("?", "#")


class BucketConfig(tp.Protocol):
    """How a cloud is reached; hashable."""

    def options(self) -> dict[str, tp.Any]:
        """Return what fsspec's driver takes."""


@dataclasses.dataclass(frozen=True)
class Bucket:
    """A bucket or container, from a prefix on."""

    #: fsspec's name of the driver.
    driver: str
    #: The bucket, then the parts of the prefix.
    inside: tuple[str, ...]
    settings: BucketConfig = dataclasses.field(repr=False)

    async def read(self, path: tuple[str, ...], limit: int) -> bytes:
        """Return the bytes of an object.

        Raises:
            PermanentFailure: there is no such object, it may not be read, or is
                larger than `limit` bytes.
            TemporaryFailure: the storage cannot be asked now.
        """
        key = "/".join((*self.inside, *path))
        if any(letter in key for letter in _DELIMITERS):
            raise PermanentFailure("the path has a '?' or '#'")
        # In fsspec's own loop, where drivers live: there a read can be given up,
        # a thread that waits for it could not.
        work = asyncio.run_coroutine_threadsafe(
            self._read(key, limit), fsspec.asyn.get_loop()
        )
        try:
            return await asyncio.wrap_future(work)
        except Failure:
            raise
        except Exception as error:
            raise _failure(error) from None

    async def _read(self, key: str, limit: int) -> bytes:
        files = fsspec.filesystem(
            self.driver, use_listings_cache=False, **self.settings.options()
        )
        found = await files._info(key)
        if found["type"] != "file":
            raise FileNotFoundError
        size = int(found["size"])
        if size > limit:
            raise PermanentFailure(f"larger than {limit} bytes")
        if size == 0:
            return b""
        data: bytes = await files._cat_file(key, start=0, end=size)
        if len(data) != size:
            raise TemporaryFailure("the object changed while it was read")
        return data


def _failure(error: Exception) -> Failure:
    """Return what a driver's error means; its text may hold keys, so it is left."""
    if isinstance(error, (FileNotFoundError, IsADirectoryError)):
        return PermanentFailure("the storage has no such object")
    if isinstance(error, PermissionError):
        return PermanentFailure("the storage refuses the object")
    # azure.core has `status_code`, gcsfs has `code`.
    for name in ("status_code", "code"):
        status = getattr(error, name, None)
        if isinstance(status, int) and status >= 400:
            return answers.failure("the storage", status)
    return TemporaryFailure(f"the storage cannot be read ({type(error).__name__})")
