# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The settings of a domain as Thunderbird and its kin ask for them.

Format: https://wiki.mozilla.org/Thunderbird:Autoconfiguration:ConfigFileFormat, and
draft-ietf-mailmaint-autoconfig. The program puts the user's address in.
"""

from xml.etree import ElementTree

from exordos_mail.dataplane.services.web.clients import offered

_DIRECTIONS = {"imap": "incomingServer", "smtp": "outgoingServer"}


def text(settings: offered.Settings, domain: str) -> str:
    """Return the file `config-v1.1.xml` of a domain."""
    root = ElementTree.Element("clientConfig", version="1.1")
    provider = ElementTree.SubElement(root, "emailProvider", id=domain)
    for tag in ("domain", "displayName", "displayShortName"):
        ElementTree.SubElement(provider, tag).text = domain
    for one in (*settings.incoming, *settings.outgoing):
        server = ElementTree.SubElement(provider, _DIRECTIONS[one.kind], type=one.kind)
        for tag, value in (
            ("hostname", settings.hostname),
            ("port", str(one.port)),
            ("socketType", "SSL" if one.tls else "STARTTLS"),
            ("authentication", "password-cleartext"),
            ("username", "%EMAILADDRESS%"),
        ):
            ElementTree.SubElement(server, tag).text = value
    ElementTree.indent(root, " ")
    return ElementTree.tostring(root, "utf-8", xml_declaration=True).decode()
