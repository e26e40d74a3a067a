# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The settings of an account as Outlook asks for them ("POX" autodiscover, MS-OXDSCLI).

Only Internet protocols are named, no EXCH, EXPR, WEB or MobileSync, nobody is asked for
a password (401) and nobody is sent elsewhere: otherwise Thunderbird takes the server
for an Exchange (mailcow-dockerized issue 6642).
"""

from xml.etree import ElementTree

from exordos_mail.dataplane.services.web.clients import offered

_RESPONSE = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
_SETTINGS = (
    "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
)


def text(settings: offered.Settings, login: str) -> str:
    """Return the answer to a request.

    Args:
        settings: of the instance.
        login: the full address of who asks; "" if it is not known. Outlook then takes
            its local part for the login, and Thunderbird the address.
    """
    root = ElementTree.Element("Autodiscover", xmlns=_RESPONSE)
    response = ElementTree.SubElement(root, "Response", xmlns=_SETTINGS)
    account = ElementTree.SubElement(response, "Account")
    ElementTree.SubElement(account, "AccountType").text = "email"
    ElementTree.SubElement(account, "Action").text = "settings"
    for one in (*settings.incoming, *settings.outgoing):
        protocol = ElementTree.SubElement(account, "Protocol")
        for tag, value in _members(one, settings.hostname, login).items():
            ElementTree.SubElement(protocol, tag).text = value
    ElementTree.indent(root, " ")
    return ElementTree.tostring(root, "utf-8", xml_declaration=True).decode()


def _members(one: offered.Offered, hostname: str, login: str) -> dict[str, str]:
    members = {
        "Type": one.kind.upper(),
        "Server": hostname,
        "Port": str(one.port),
        "LoginName": login,
        "DomainRequired": "off",
        # Secure Password Authentication is NTLM.
        "SPA": "off",
        # Outlook 2007 knows SSL only; later ones go by Encryption.
        "SSL": "on",
        "Encryption": "SSL" if one.tls else "TLS",
        "AuthRequired": "on",
    }
    if one.kind == "smtp":
        members |= {"UsePOPAuth": "off", "SMTPLast": "off"}
    return {tag: value for tag, value in members.items() if value}
