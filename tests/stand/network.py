# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Network namespaces of a stand.

    platform (exordos-mail-NAME)   bridge br0: Core, MetaPaaS, every node
      |- dns                       192.0.2.53 authoritative, .54 recursive, .14 ACME
      |- mx1                       198.51.100.25
      `- mx2                       203.0.113.25

The platform's namespace routes between them.  No namespace has a link to the
machine's own network, so nothing can come in or get out.
"""

import ipaddress
import pathlib

from tests.stand import progress, settings


def inside(netns: str, *argv: str) -> list[str]:
    """Return the command that runs ``argv`` in a network namespace.

    nsenter, not `ip netns exec`: that one remounts /sys and hides the control
    groups, without which systemd-nspawn does not start.
    """
    return ["nsenter", f"--net=/run/netns/{netns}", "--", *argv]


def _ip(netns: str, *argv: str) -> None:
    progress.run("ip", "-n", netns, *argv)


def _create(netns: str) -> None:
    progress.run("ip", "netns", "add", netns)
    _ip(netns, "link", "set", "lo", "up")


def up(stand: settings.Settings) -> None:
    """Create all namespaces, the bridge, the links and the routes."""
    home = stand.netns
    _create(home)
    # A bridge without an address of its own takes one of its ports': with each node
    # that comes or goes the others would lose their neighbour for half a minute.
    own = ("address", settings.BRIDGE_MAC)
    _ip(home, "link", "add", settings.BRIDGE, *own, "type", "bridge")
    _ip(home, "link", "set", settings.BRIDGE, "up")
    for address in (settings.GATEWAY_IP, settings.CORE_IP, settings.CP_IP):
        _ip(
            home,
            "addr",
            "add",
            f"{address}/{settings.PREFIX_LENGTH}",
            "dev",
            settings.BRIDGE,
        )
    forward = "echo 1 > /proc/sys/net/ipv4/ip_forward"
    progress.run(*inside(home, "sh", "-c", forward))
    names = (settings.DNS_IP, settings.RESOLVER_IP, settings.ACME_IP)
    hosts: list[tuple[str, tuple[str, ...]]] = [("dns", names)]
    hosts += [(h.label, (h.ip,)) for h in settings.MAIL_HOSTS]
    for label, addresses in hosts:
        netns = stand.host_netns(label)
        network = ipaddress.ip_network(f"{addresses[0]}/24", strict=False)
        router = str(network[1])
        _create(netns)
        _ip(
            home,
            "link",
            "add",
            label,
            "type",
            "veth",
            "peer",
            "name",
            "eth0",
            "netns",
            netns,
        )
        _ip(home, "addr", "add", f"{router}/24", "dev", label)
        _ip(home, "link", "set", label, "up")
        _ip(netns, "link", "set", "eth0", "up")
        for address in addresses:
            _ip(netns, "addr", "add", f"{address}/24", "dev", "eth0")
        _ip(netns, "route", "add", "default", "via", router)


def exists(stand: settings.Settings) -> bool:
    """Say whether the platform's namespace is there."""
    return pathlib.Path("/run/netns", stand.netns).exists()


def down(stand: settings.Settings) -> None:
    """Remove every namespace that is there."""
    for name in stand.all_netns:
        if pathlib.Path("/run/netns", name).exists():
            progress.run("ip", "netns", "delete", name)
