# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Options of how the control plane asks the DNS (docs/adr/0030)."""

import ipaddress

import dns.exception
import dns.resolver
from oslo_config import cfg

from exordos_mail.standards import address as mail_address


def _address(text: str) -> str:
    return str(ipaddress.ip_address(text))


def _zone(text: str) -> str:
    return mail_address.check_domain(text.rstrip(".").lower())


def _network(text: str) -> str:
    return str(ipaddress.ip_network(text))


CONF = cfg.CONF
CONF.register_opts(
    [
        cfg.BoolOpt(
            "dns_checks",
            default=True,
            help=(
                "Whether the DNS is asked about the records of domains. False, in a "
                "cloud that cannot ask it: keys sign at once, and neither records nor "
                "ownership are judged."
            ),
        ),
        cfg.ListOpt(
            "dns_resolver",
            default=[],
            item_type=_address,
            help=(
                "Addresses of the resolvers to ask where authoritative servers are, "
                "and whether a zone validates: they should validate (DNSSEC) and show "
                "the public DNS. Default: those of /etc/resolv.conf."
            ),
        ),
        cfg.ListOpt(
            "dns_private_networks",
            default=[],
            item_type=_network,
            help=(
                "Networks (CIDR) in which authoritative servers are asked, and PTR "
                "records judged, although they are not public. A domain's owner "
                "chooses its servers, so without any none of the "
                "platform's own hosts is asked."
            ),
        ),
        cfg.ListOpt(
            "dns_blocklists",
            default=[],
            item_type=_zone,
            help=(
                "Zones of blocklists (DNSBL, RFC 5782) in which the addresses that "
                "mail leaves from are looked up by the resolvers. Default: none. "
                "Read the terms of a list first: many refuse public resolvers."
            ),
        ),
        cfg.IntOpt(
            "dns_checks_at_once",
            default=32,
            min=1,
            max=256,
            help="Domains about which the DNS is asked at the same time.",
        ),
    ],
    group="mail",
)


def resolvers() -> list[str]:
    """Return the addresses of the resolvers; none if the machine has none."""
    if CONF.mail.dns_resolver:
        return list(CONF.mail.dns_resolver)
    try:
        found = dns.resolver.Resolver().nameservers
    except dns.exception.DNSException:
        return []
    return [one for one in found if isinstance(one, str)]


def may_ask(address: str) -> bool:
    """Tell whether a server of a stranger's choice may be asked."""
    return is_public(address)


def is_public(address: str) -> bool:
    """Tell whether an address is of the public internet, or counts as such."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    networks = map(ipaddress.ip_network, CONF.mail.dns_private_networks)
    return (ip.is_global and not ip.is_multicast) or any(ip in one for one in networks)
