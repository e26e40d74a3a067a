# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The running service: what handlers work with."""

import asyncio
import dataclasses

from exordos_mail.send import vault
from exordos_mail.send.admission import Admission
from exordos_mail.send.attachments.policy import Policy
from exordos_mail.send.bounce_mailboxes.reader import MailboxReader
from exordos_mail.send.delivery.dispatcher import Dispatcher
from exordos_mail.send.delivery.sources import Sources
from exordos_mail.send.delivery.worker import Worker
from exordos_mail.send.offload.offload import Offload
from exordos_mail.send.storage import database
from exordos_mail.send.storage.bell import Bell
from exordos_mail.send.unsubscribe.links import Links
from exordos_mail.send.webhooks.deliverer import Deliverer


@dataclasses.dataclass(frozen=True)
class Service:
    """Everything a call may need."""

    base: database.Units
    #: What `base` runs its units on.
    storage: database.Database
    worker: Worker
    dispatcher: Dispatcher
    webhooks: Deliverer
    #: Of bounces.
    mailboxes: MailboxReader
    secrets: vault.Vault
    sources: Sources
    #: Where attachments may come from and webhooks go to.
    policy: Policy
    #: api_key.digest of the admin token.
    admin_digest: str
    #: api_key.digest of the metrics token.
    metrics_digest: str
    #: Of recipients who unsubscribe.
    links: Links
    #: Reads what is large.
    offload: Offload
    #: Bytes of a request's body: all attachments of a message in base64 and in lines
    #: (attachments.Limits), and its texts.
    body_max: int = 36 * 1024 * 1024
    #: How much tenants may store.
    admission: Admission = dataclasses.field(default_factory=Admission)
    #: Rung when events are committed.
    bell: Bell = dataclasses.field(default_factory=Bell)
    #: Set when the process stops: no call waits for anything any longer.
    stopping: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)
