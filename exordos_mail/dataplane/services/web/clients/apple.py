# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The settings of an account as a configuration profile of iOS and macOS.

Apple, "Device Management", payload com.apple.mail.managed. The device asks for the
password; the profile has none. It must name a server for incoming mail.
"""

import plistlib
import typing as tp

from exordos_mail.dataplane.services.web.clients import offered


def text(
    settings: offered.Settings, account: str, domain: str, identities: tuple[str, str]
) -> str:
    """Return the profile of an address.

    Args:
        settings: of the instance, with something incoming.
        account: the local part.
        domain: the domain part.
        identities: two UUIDs of this very profile.
    """
    address = f"{account}@{domain}"
    name = f"{settings.hostname}.{account}.{domain}"
    outer, inner = identities
    (incoming, *_), (outgoing, *_) = settings.incoming, settings.outgoing
    mail = {
        **_head("com.apple.mail.managed", f"{name}.mail", inner, address),
        "EmailAccountDescription": address,
        "EmailAccountType": "EmailTypeIMAP",
        "EmailAddress": address,
        **_server("Incoming", incoming, settings.hostname, address),
        **_server("Outgoing", outgoing, settings.hostname, address),
        "OutgoingPasswordSameAsIncomingPassword": True,
    }
    profile = {
        **_head("Configuration", name, outer, address),
        "PayloadDescription": f"Sets up mail of {address}.",
        "PayloadRemovalDisallowed": False,
        "PayloadContent": [mail],
    }
    return plistlib.dumps(profile, sort_keys=False).decode("utf-8")


def _head(kind: str, name: str, identity: str, address: str) -> dict[str, tp.Any]:
    """Return what each payload has; the same identifier replaces what was installed."""
    return {
        "PayloadType": kind,
        "PayloadVersion": 1,
        "PayloadIdentifier": name,
        "PayloadUUID": identity,
        "PayloadDisplayName": address,
    }


def _server(
    direction: str, one: offered.Offered, hostname: str, address: str
) -> dict[str, tp.Any]:
    prefix = f"{direction}MailServer"
    return {
        f"{prefix}Authentication": "EmailAuthPassword",
        f"{prefix}HostName": hostname,
        f"{prefix}PortNumber": one.port,
        f"{prefix}UseSSL": True,
        f"{prefix}Username": address,
    }
