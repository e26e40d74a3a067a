# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What belongs to the tenant that sends."""

import dataclasses

from exordos_mail.send.attachments.reference import NO_AUTH, Auth
from exordos_mail.send.attachments.signature import Signature
from exordos_mail.send.attachments.storages import Storage


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """The tenant's own service for attachments.

    It gets `POST` with `{"storage_path": <what the reference says>}` as JSON.
    """

    url: str = dataclasses.field(repr=False)
    #: How it knows that we ask; a message may give another one.
    auth: Auth | Signature = NO_AUTH


@dataclasses.dataclass(frozen=True)
class Limits:
    """Bounds of one message's attachments: bytes after decoding, and seconds."""

    count: int = 50
    each_bytes: int = 25 * 1024 * 1024
    total_bytes: int = 25 * 1024 * 1024
    redirects: int = 5
    #: To connect, name resolution included.
    connect_seconds: float = 10.0
    #: For a server to send its next bytes.
    read_seconds: float = 10.0
    #: For one attachment as a whole.
    each_seconds: float = 30.0
    #: For all of a message.
    total_seconds: float = 120.0


@dataclasses.dataclass(frozen=True)
class Context:
    """Who asks, and with what. Hashable: equal contexts share a fetch."""

    #: Id of the tenant; the cache keeps tenants apart by it.
    tenant: str
    endpoint: Endpoint | None = None
    storages: tuple[Storage, ...] = ()
    limits: Limits = Limits()
