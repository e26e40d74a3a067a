# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a new service begins with: one tenant with one relay."""

import msgspec

from exordos_mail.send import clock
from exordos_mail.send.relays import records as relays
from exordos_mail.send.storage import database
from exordos_mail.send.tenants import records as tenants

#: The tenant of calls of the admin that name none.
TENANT = "default"
RELAY = "default"
#: Host and port of its relay, unless the operator names another one.
SERVER = ("127.0.0.1", 25)
_WHICH = f"the relay {RELAY} of the tenant {TENANT}"


def seed(tx: database.Transaction, given: tuple[str, int] | None) -> str | None:
    """Make tenant and relay if there is no tenant at all.

    Args:
        given: what `--smtp` says; None: it is not given.

    Returns:
        What the operator has to know about `--smtp`.

    Raises:
        ValueError: `--smtp` is another one than before, and the relay has been
            changed by API.
    """
    if tenants.page(tx, "", 1):
        return None if given is None else _obey(tx, given)
    now = clock.now()
    host, port = given or SERVER
    tenants.add(tx, tenants.new(TENANT), now)
    row = relays.RelayRow(
        tenant_id=TENANT,
        id=RELAY,
        host=host,
        port=port,
        tls="none",
        from_option=_text(host, port),
    )
    relays.add(tx, row, now)
    return None


def _obey(tx: database.Transaction, given: tuple[str, int]) -> str | None:
    """Have the relay go where `--smtp` says, unless the API has changed it."""
    row = relays.get(tx, TENANT, RELAY, lock=True)
    wanted = _text(*given)
    if row is None:
        return f"--smtp {wanted} has no effect: {_WHICH} is not there any more"
    here, before = _text(row.host, row.port), row.from_option
    is_ours = here == before and row.username is None and row.tls == "none"
    if here != wanted and not is_ours:
        if before == wanted:
            return f"--smtp {wanted} has no effect: by API, {_WHICH} goes to {here}"
        raise ValueError(
            f"--smtp says {wanted}, but {_WHICH} has been changed by API and goes to"
            f" {here}: change it by API too, or start without --smtp"
        )
    if (here, before) != (wanted, wanted):
        host, port = given
        row = msgspec.structs.replace(row, host=host, port=port, from_option=wanted)
        relays.change(tx, row, clock.now())
    return None if here == wanted else f"{_WHICH} goes to {wanted} now, as --smtp says"


def _text(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
