# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How mail leaves, as exim looks it up: at the next delivery, without a reload.

    lookups/outbound.cdb    hosts                  -> the smarthost, as a list of hosts
                            tls                    -> implicit, starttls or none
                            username, password     -> as client_send takes them
                            mechanisms             -> plain:login
                            address                -> where connections come from
                            ipv6                   -> is there where only IPv6 is used
                            return_path            -> host, where bounces come to it
    lookups/unused          a network a line: the version of IP that is not used

exim expands none of it. In what `client_send` gives, "^" stands for NUL and "^^" for
"^"; three of them in a row are read as "^" and NUL (spec chapter 34). So PLAIN cannot
have a user name or a password that begins with "^": those take LOGIN.
"""

import ipaddress
import os
import pathlib
import socket

from exordos_mail.dataplane.engine import cdb, files, outbound
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.standards import smarthost

_MODE = 0o640
_UNUSED = {smarthost.IPV4: "::/0\n", smarthost.IPV6: "0.0.0.0/0\n"}
_IF_INET6 = pathlib.Path("/proc/net/if_inet6")  # proc(5)
_GLOBAL = "00"


def of(payload: payload_lib.Payload) -> smarthost.Way:
    """Return how mail leaves.

    Raises:
        DamagedBucket: the node does not know it any more.
    """
    return outbound.parse(payload.documents(outbound.COLLECTION))


def tree(way: smarthost.Way, layout: layout_lib.Layout) -> files.Tree:
    """Return the files by absolute path."""
    rows = [(key.encode(), value.encode()) for key, value in _rows(way).items()]
    content = {
        layout.outbound_cdb: cdb.dumps(rows),
        layout.unused: _UNUSED.get(family(way), "").encode("ascii"),
    }
    return {
        path: files.Recipe.of(files.File(octets, group=layout.exim_group, mode=_MODE))
        for path, octets in content.items()
    }


def family(way: smarthost.Way) -> str:
    """Return by which version of IP mail leaves: that of its address, if it has one."""
    return smarthost.version(way.address) if way.address else way.family


def lack(way: smarthost.Way) -> str:
    """Return why no mail leaves this machine so; "" if it does. One line."""
    if way.address and not _has(way.address):
        return (
            f"the machine does not have the address {way.address} (outbound_address):"
            " mail waits until it has, or until another one is chosen"
        )
    if family(way) == smarthost.IPV6 and not _has_ipv6():
        return (
            "the machine has no public IPv6 address (outbound_family): mail waits"
            " until it has, or until another version is chosen"
        )
    return ""


def forget_failures(layout: layout_lib.Layout) -> None:
    """Have exim try all that waits at its next look through the queue.

    Its hints tell when to try a host again; they are of the way that mail took before.
    """
    # The spool may be a link to the data disk; inside it exim might have made others.
    spool = layout.disk(layout.spool_dir).resolve()
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        hints = os.open(spool / "db", flags)
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        os.unlink("retry", dir_fd=hints)
    except FileNotFoundError:
        return
    finally:
        os.close(hints)


def _rows(way: smarthost.Way) -> dict[str, str]:
    rows: dict[str, str] = {}
    if way.smarthost:
        rows |= {"hosts": _host_list(way.smarthost, way.port), "tls": way.tls}
    if way.smarthost and way.username and way.password:
        rows["username"] = way.username.replace("^", "^^")
        rows["password"] = way.password.replace("^", "^^")
        is_hard = way.username.startswith("^") or way.password.startswith("^")
        rows["mechanisms"] = "login" if is_hard else "plain:login"
    if way.address:
        rows["address"] = way.address
    if family(way) == smarthost.IPV6:
        rows["ipv6"] = "only"
    if way.return_path == smarthost.HOST and not way.smarthost:
        rows["return_path"] = way.return_path
    return rows


def _host_list(host: str, port: int) -> str:
    """Return a list of one host, whose separator stands in no address."""
    return f"<;[{host}]:{port}" if smarthost.version(host) else f"<;{host}:{port}"


def _has(address: str) -> bool:
    version = ipaddress.ip_address(address).version
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as one:
            one.bind((address, 0))
    except OSError:
        return False
    return True


def _has_ipv6() -> bool:
    try:
        lines = _IF_INET6.read_text().splitlines()
    except FileNotFoundError:
        return False
    return any(line.split()[3] == _GLOBAL for line in lines)
