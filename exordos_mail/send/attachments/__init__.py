# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Where attachments come from: inline, by URL, from the tenant, from a storage.

Stands alone: nothing else of the send service is imported. A caller uses

* `Reference`: what a message says about one attachment; a msgspec struct, so it
  is decoded from JSON with its types checked.
* `check(references, context, policy)`: the rules that need no network, at the
  moment of acceptance. Raises `PermanentFailure`.
* `Fetcher(policy, cache).fetch_all(references, context)` and `fetch(reference,
  context)`: the bytes, as `Attachment`. Raise `TemporaryFailure` (try again, not
  before `retry_after` seconds) or `PermanentFailure`.
* `storages.parse(name, protocol, config, policy)`: a tenant's named storage from
  its record. Raises `storages.StorageError`, also when a driver is missing.

`Context` is what belongs to the tenant: its id, its endpoint, its storages, its
limits. `Policy` is what the operator allows. The text of a failure has no
secret: of an address it names the host only, because the path and the query of
a signed URL are as good as a password. `check` and `fetch_all` set `position`,
the index of the attachment that is at fault.

What holds:

* Only public addresses are connected to, unless `Policy.networks` has more. The
  address that was judged is the one that is connected to, at every redirect.
* A read ends at the limit of bytes, not at what a header promised.
* Bytes that were named by a checksum (`sha256`, `md5`) are kept in the cache, for
  this tenant only. Without a checksum nothing says that a source is unchanged:
  it is asked again, but once for all who wait for the same.
"""

from exordos_mail.send.attachments.cache import Cache
from exordos_mail.send.attachments.context import Context, Endpoint, Limits
from exordos_mail.send.attachments.failures import (
    Failure,
    PermanentFailure,
    TemporaryFailure,
)
from exordos_mail.send.attachments.fetcher import Attachment, Fetcher
from exordos_mail.send.attachments.policy import Policy
from exordos_mail.send.attachments.reference import Auth, Reference
from exordos_mail.send.attachments.signature import Signature
from exordos_mail.send.attachments.sources import check

__all__ = [
    "Attachment",
    "Auth",
    "Cache",
    "Context",
    "Endpoint",
    "Failure",
    "Fetcher",
    "Limits",
    "PermanentFailure",
    "Policy",
    "Reference",
    "Signature",
    "TemporaryFailure",
    "check",
]
