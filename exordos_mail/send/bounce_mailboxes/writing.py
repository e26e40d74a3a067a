# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a caller may write of a bounce mailbox."""

import ssl
import typing as tp

from exordos_mail.schema import bounce_mailbox as schema
from exordos_mail.send import members, vault
from exordos_mail.send.api.problem import invalid_field
from exordos_mail.send.api.route import Call
from exordos_mail.send.attachments import url
from exordos_mail.send.attachments.policy import Policy
from exordos_mail.send.bounce_mailboxes import opening
from exordos_mail.send.bounce_mailboxes.records import BounceMailboxRow
from exordos_mail.send.storage import database
from exordos_mail.standards import bounce_mailbox as rules
from exordos_mail.standards import certificate_forms, relay, rule


def columns(call: Call, mailbox_id: str, given: tp.Any) -> database.Row:
    """Return the columns that a caller gives."""
    row = members.given(members.open_names(schema.FIELDS), given)
    if isinstance(given.password, str):
        name = vault.row_name(opening.KIND, call.tenant_id, mailbox_id)
        row["password"] = call.service.secrets.seal(given.password, name)
    return row


def of_new(row: database.Row) -> database.Row:
    """Return the columns of a new mailbox, with what the port or the TLS says."""
    if "port" in row:
        return {"tls": rules.tls_of(row["port"]), **row}
    ports = rules.PORTS[row.get("protocol", rules.IMAP)]
    return {"port": ports[row.get("tls", rules.IMPLICIT)], **row}


def check(row: BounceMailboxRow, policy: Policy) -> None:
    """Check what the columns of a mailbox say, and one about another.

    Raises:
        Problem: 422, something is wrong, or they do not go together.
    """
    _checked("host", relay.check_host, row.host)
    literal = url.address(row.host)
    if literal is not None and not policy.permits(literal):
        raise invalid_field("host", "not a public address")
    if not rules.fits(row.port, row.tls):
        raise invalid_field("tls", rules.PORT_RULE)
    for name in ("folder", "move_to"):
        if getattr(row, name) is not None:
            _checked(name, rules.check_folder, getattr(row, name))
    _checked(
        "after",
        lambda _: rules.check_pair(row.protocol, row.folder, row.after, row.move_to),
        row.after,
    )
    if row.idle and row.protocol == rules.POP3:
        raise invalid_field("idle", rules.IDLE_RULE)
    if row.ca is not None:
        _check_authorities(row.ca)


def check_password(before: BounceMailboxRow, row: BounceMailboxRow) -> None:
    """Check that nobody has a password sent elsewhere who does not know it.

    Raises:
        Problem: 422, it is to be given.
    """
    if row.password == before.password and _who(row) != _who(before):
        raise invalid_field("password", rules.KNOWN_RULE)


def place(row: BounceMailboxRow) -> tuple[str, ...]:
    """Return what the numbers of mails are of."""
    return (row.protocol, row.host, row.username, row.folder)


def _who(row: BounceMailboxRow) -> tuple[tp.Any, ...]:
    return (row.host, row.port, row.username, row.ca)


def _checked(field: str, check_: tp.Callable[[tp.Any], object], value: object) -> None:
    try:
        check_(value)
    except rule.RuleError as error:
        raise invalid_field(field, str(error)) from None


def _check_authorities(pem: str) -> None:
    _checked("ca", certificate_forms.check_chain, pem)
    try:
        ssl.create_default_context(cadata=pem)
    except (ssl.SSLError, ValueError):
        text = "a certificate of it cannot be read"
        raise invalid_field("ca", text) from None
