# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The service, made of its parts by the operator's settings."""

from exordos_mail.send import keyfiles, service, settings, vault
from exordos_mail.send.admission import Admission
from exordos_mail.send.attachments.connect import Guard, SystemResolver
from exordos_mail.send.bounce_mailboxes.reader import MailboxReader
from exordos_mail.send.bounces import simulated
from exordos_mail.send.bounces.from_mailbox import BounceTaker
from exordos_mail.send.commands import records as commands
from exordos_mail.send.delivery.capacity import Capacity
from exordos_mail.send.delivery.dispatcher import Dispatcher
from exordos_mail.send.delivery.results import Results
from exordos_mail.send.delivery.servers import Servers
from exordos_mail.send.delivery.shared import Shared
from exordos_mail.send.delivery.sources import Sources
from exordos_mail.send.delivery.withholding import Withholding
from exordos_mail.send.delivery.worker import Worker
from exordos_mail.send.messages import intake, reader
from exordos_mail.send.offload.offload import Offload
from exordos_mail.send.reserve import Reserve
from exordos_mail.send.storage import database
from exordos_mail.send.storage.bell import Bell
from exordos_mail.send.unsubscribe.links import Links
from exordos_mail.send.webhooks.deliverer import Deliverer
from exordos_mail.send.webhooks.receiver import Receivers
from exordos_mail.standards import api_key

_DAY = 24 * 3600 * 1000


def build(
    chosen: settings.Settings,
    base: database.Database,
    token: str,
    secrets: vault.Vault,
    links: Links,
) -> service.Service:
    """Return the service, not yet started."""
    worker = Worker(base)
    sources = Sources(base, secrets, chosen.policy, chosen.data / "attachments", links)
    guard = Guard(chosen.policy, SystemResolver())
    shared = Shared(
        worker=worker,
        capacity=Capacity(chosen.max_connections),
        servers=Servers(secrets, guard, chosen.ehlo_name),
        sources=sources,
        withholding=Withholding(base),
        results=Results(base, chosen.retry, simulated.follow),
    )
    keep, keep_log = int(chosen.keep_days * _DAY), int(chosen.log_days * _DAY)

    def purge(tx: database.Transaction, now: int) -> int:
        return commands.purge(tx, now - keep_log)

    bell = Bell()
    base.listen(bell.ring)
    receivers = Receivers(chosen.policy, chosen.webhooks.timeout)
    dispatcher = Dispatcher(base, shared, keep, [purge])
    taker = BounceTaker(dispatcher.listed)
    return service.Service(
        base=base,
        storage=base,
        worker=worker,
        dispatcher=dispatcher,
        webhooks=Deliverer(base, worker, secrets, receivers, chosen.webhooks, bell),
        mailboxes=MailboxReader(base, worker, secrets, guard, taker),
        bell=bell,
        secrets=secrets,
        sources=sources,
        policy=chosen.policy,
        admin_digest=api_key.digest(token),
        metrics_digest=api_key.digest(keyfiles.metrics_token(chosen.places)),
        links=links,
        offload=Offload(intake.WORKS, reader.COMMAND),
        body_max=chosen.body_mib * 1024 * 1024,
        admission=Admission(
            chosen.waiting,
            Reserve(
                chosen.data if chosen.database is None else None, chosen.reserve_mib
            ),
        ),
    )
