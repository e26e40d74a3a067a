# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Whether exim has room to take mail: on the disk, and for connections.

Without it exim serves nobody, politely (452, 421), and all of its configuration is in
place. Looking costs a few system calls in each pass; exim itself is asked only when
many are connected.
"""

import collections
import fcntl
import os
import pathlib
import socket
import struct

from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.exim import probe

MIB = 1024**2
#: What exim wants to be free before it takes a message: octets and inodes (in
#: exim4.conf.j2 check_spool_space, check_log_space and what is like them).
SPOOL_SPACE, SPOOL_INODES = 200 * MIB, 1000
LOG_SPACE, LOG_INODES = 50 * MIB, 100

#: Connections of a port from which on exim is asked whether it takes another one.
MANY_CONNECTIONS = 40

_CONNECTED = frozenset(("01", "08"))  # include/net/tcp_states.h: also CLOSE_WAIT
_SIOCGIFADDR = 0x8915  # netdevice(7)


def problem(layout: layout_lib.Layout) -> str | None:
    """Return what exim lacks; None: nothing. One line for a person.

    Raises:
        OSError: it cannot be found out.
    """
    found = [
        _disk_problem(
            layout.disk(layout.spool_dir), "queue", SPOOL_SPACE, SPOOL_INODES
        ),
        _disk_problem(layout.disk(layout.log_dir), "log", LOG_SPACE, LOG_INODES),
        *(_port_problem(layout, port) for port in _crowded(layout)),
    ]
    return "; ".join(filter(None, found)) or None


def _disk_problem(path: pathlib.Path, what: str, space: int, inodes: int) -> str | None:
    try:
        found = os.statvfs(path)
    except FileNotFoundError:
        return None  # made with the first payload
    free = found.f_bavail * found.f_frsize
    if free < space:
        return (
            f"no mail is taken: the disk of exim's {what} has {free // MIB} MiB left,"
            f" {space // MIB} are needed"
        )
    # Some file systems do not count them.
    if found.f_files and found.f_favail < inodes:
        return (
            f"no mail is taken: the disk of exim's {what} has room for"
            f" {found.f_favail} files, {inodes} are needed"
        )
    return None


def _crowded(layout: layout_lib.Layout) -> list[int]:
    """Return the ports that many are connected to."""
    ports = (layout.smtp_port, layout.submissions_port, layout.submission_port)
    connected = collections.Counter(
        row.local_port
        for family in ("tcp", "tcp6")
        for row in probe.socket_table(family)
        if row.state in _CONNECTED
    )
    return [port for port in ports if connected[port] >= MANY_CONNECTIONS]


def _port_problem(layout: layout_lib.Layout, port: int) -> str | None:
    """Return why a port takes nobody, asked from where exim favours nobody."""
    address = _own_address()
    if address is None:
        return None
    try:
        greeting = probe.greeting(address, port, port == layout.submissions_port)
    except OSError:
        return f"port {port} takes nobody: it does not answer"
    if greeting.startswith(b"220"):
        return None
    return f"port {port} takes nobody: all its connections are taken"


def _own_address() -> str | None:
    """Return an IPv4 address of this machine that is not the loopback's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        for _, name in socket.if_nameindex():
            request = struct.pack("256s", name.encode())
            try:
                answer = fcntl.ioctl(asked, _SIOCGIFADDR, request)
            except OSError:
                continue  # an interface without one
            address = socket.inet_ntoa(answer[20:24])
            if not address.startswith("127."):
                return address
    return None
