# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Rules of how mail leaves an instance: smarthost, source address, version of IP."""

from collections import abc
import dataclasses
import ipaddress

from exordos_mail.standards import address, relay, rule

ANY, IPV4, IPV6 = "any", "ipv4", "ipv6"
#: Versions of IP by which mail may leave.
FAMILIES = (ANY, IPV4, IPV6)
#: Whom bounces of the send service's mail come to.
SENDER, HOST = "sender", "host"
RETURN_PATHS = (SENDER, HOST)
_VERSIONS = {4: IPV4, 6: IPV6}

#: The longest form of an IPv6 address in characters.
ADDRESS_MAX = 45
HOST_MAX = address.DOMAIN_MAX
HOST_RULE = (
    "a complete host name such as smtp.example.net or an IP address in its usual form,"
    " without a port and without brackets; a name in small letters, without a dot at"
    " the end, in another script in its xn-- form"
)
SOURCE_RULE = "an IPv4 or IPv6 address of the machine in its usual form"
ELSEWHERE_RULE = (
    "another machine than the instance's own, which would send its mail to itself: no"
    " address in 127.0.0.0/8 or 0.0.0.0/8, not ::1 or ::, no name below localhost, and"
    " neither the instance's host name nor one of its addresses"
)

LOGIN_RULE = "whoever logs in needs a smarthost to log in to"
FAMILY_RULE = "another version of IP than that of outbound_address"
ANEW_RULE = "give the password with another smarthost, which must not get the old one"

#: Ends of names of the machine itself (RFC 6761 section 6.3; many a /etc/hosts). Names
#: without a dot are no smarthost anyway.
_LOCAL_NAMES = (".localhost", ".localdomain")
#: Networks that exim on a node takes for no other machine, whatever the operator says.
_LOCAL_NETWORKS = tuple(
    map(ipaddress.ip_network, ("0.0.0.0/8", "127.0.0.0/8", "::/127"))
)


@dataclasses.dataclass(frozen=True)
class Way:
    """How mail leaves; the fields are those of an instance.

    `password` may be anything that is not None where it cannot be read.
    """

    smarthost: str | None = None
    port: int = relay.PORTS[relay.STARTTLS]
    tls: str = relay.STARTTLS
    username: str | None = None
    password: str | None = dataclasses.field(default=None, repr=False)
    family: str = ANY
    address: str | None = None
    return_path: str = SENDER


def check_host(value: object) -> str:
    """Return `value` if it may be a smarthost.

    Raises:
        RuleError: it is neither a canonical domain nor a canonical IP address.
    """
    if isinstance(value, str) and version(value):
        return value
    try:
        return address.check_domain(value)
    except address.AddressPartError:
        raise rule.RuleError(HOST_RULE) from None


def check_elsewhere(host: str, own: abc.Collection[str]) -> None:
    """Check that a smarthost is not the machine that is to send by it.

    Args:
        host: one that `check_host` takes.
        own: names and addresses of the machine, as far as they are known.

    Raises:
        RuleError: it is; its node would let all mail wait.
    """
    if host in own or host.endswith(_LOCAL_NAMES):
        raise rule.RuleError(ELSEWHERE_RULE)
    if version(host):
        found = ipaddress.ip_address(host)
        if any(found in network for network in _LOCAL_NETWORKS):
            raise rule.RuleError(ELSEWHERE_RULE)


def check_source(value: object) -> str:
    """Return `value` if mail may leave from this address.

    Raises:
        RuleError: it is no canonical address, or one that no other host answers to.
    """
    if not isinstance(value, str) or not version(value):
        raise rule.RuleError(SOURCE_RULE)
    found = ipaddress.ip_address(value)
    if found.is_multicast or found.is_unspecified or found.is_loopback:
        raise rule.RuleError(SOURCE_RULE)
    if found.is_link_local:
        raise rule.RuleError(SOURCE_RULE)
    return value


def version(value: str) -> str:
    """Return which version of IP a canonical address is of; "": it is none.

    An IPv6 address with a zone is of one machine alone, and one that holds an IPv4
    address is another way to write that: none here.
    """
    try:
        found = ipaddress.ip_address(value)
    except ValueError:
        return ""
    if str(found) != value or "%" in value or value.startswith("::ffff:"):
        return ""
    return _VERSIONS[found.version]


def fault(way: Way) -> tuple[str, str] | None:
    """Return which field of an instance does not fit the others, and the rule."""
    if (way.username is None) != (way.password is None):
        return "smarthost_password", relay.PAIR_RULE
    if way.username is not None and way.smarthost is None:
        return "smarthost", LOGIN_RULE
    if way.password is not None and way.tls == relay.PLAIN:
        return "smarthost_tls", relay.TLS_RULE
    if not relay.fits(way.port, way.tls):
        return "smarthost_tls", relay.PORT_RULE
    if way.address is not None and way.family not in (ANY, version(way.address)):
        return "outbound_family", FAMILY_RULE
    return None
