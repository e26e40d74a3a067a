# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the operator allows to be reached for attachments.

Not `ipaddress.is_global`: its answers differ between the versions of Python that
we support. The networks below are those of the IANA registries of special-purpose
addresses (RFC 6890) and of multicast.
"""

import dataclasses
import ipaddress
import pathlib

from exordos_mail.standards import tenant

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NOT_PUBLIC_4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # the metadata address of Azure, public by its form
        "169.254.0.0/16",  # link-local; the metadata address of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
#: Global unicast (RFC 4291 section 2.4); everything outside of it is special:
#: loopback, IPv4-mapped, NAT64 (64:ff9b::/96), unique local, link-local, multicast.
_PUBLIC_6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, Teredo
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address inside
        "3fff::/20",
    )
)
#: Networks whose last 32 bits are the IPv4 address that is really reached.
_EMBEDDING = (
    ipaddress.IPv6Network("::ffff:0:0/96"),
    ipaddress.IPv6Network("64:ff9b::/96"),  # RFC 6052 section 2.1
)


@dataclasses.dataclass(frozen=True)
class Policy:
    """The operator's rules; by default only public web servers are reached."""

    #: Networks that are reached although they are not public.
    networks: tuple[Network, ...] = ()
    #: Ports of http and https addresses.
    ports: frozenset[int] = tenant.WEB_PORTS
    #: Directories in which local storages may lie; with none there are none.
    directories: tuple[pathlib.Path, ...] = ()
    #: S3-compatible services beside Amazon's, as `https://host[:port]`.
    s3_endpoints: frozenset[str] = frozenset()

    def permits(self, address: Address) -> bool:
        """Tell whether an address may be connected to."""
        if isinstance(address, ipaddress.IPv6Address):
            inner = _embedded(address)
            if inner is not None:
                return self._allows(address) and self.permits(inner)
            public = address in _PUBLIC_6 and not _within(address, _NOT_PUBLIC_6)
        else:
            public = not _within(address, _NOT_PUBLIC_4)
        return public or self._allows(address)

    def _allows(self, address: Address) -> bool:
        return _within(address, self.networks)


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if _within(address, _EMBEDDING):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
