# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""One node: a systemd-nspawn machine with real systemd, booted from our image.

Its directory below ``nodes/`` is named by the first 8 digits of its uuid:

    info.json    uuid, name, address, image
    nspawn.json  the running machine's process record
    upper        what the node wrote to its root disk (an overlay's upper layer)
    disk         its data disk
    request      what a test wants done to the machine (see Node.REQUESTS)
"""

import dataclasses
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import typing as tp

from tests.stand import containers, machines, postgres, processes, settings

REQUESTS = ("off", "on", "cut", "reimage")


@dataclasses.dataclass(frozen=True)
class Info:
    """What the hypervisor knows of a machine."""

    uuid: str
    name: str
    ip: str
    image: str


class Node:
    """A node of a stand, by its directory."""

    def __init__(self, stand: settings.Settings, short: str) -> None:
        self.stand, self.short = stand, short
        self.home = stand.nodes / short

    @property
    def info(self) -> Info:
        """Return what is known of the machine."""
        return Info(**json.loads((self.home / "info.json").read_text()))

    @property
    def record(self) -> processes.Record | None:
        """Return the process record, None before the first boot."""
        return processes.Record.load(self.home / "nspawn.json")

    @property
    def running(self) -> bool:
        """Say whether the machine is powered on."""
        record = self.record
        return bool(record and record.alive)

    @property
    def processes(self) -> set[int]:
        """Return the pids of everything that runs on the node."""
        return processes.rooted(self.home)

    def leader(self) -> int | None:
        """Return the pid of the node's init, None while it is off or rebooting."""
        record = self.record
        return containers.leader(record.pid) if record and record.alive else None

    def write_identity(self, info: Info, key: str, period: str | None) -> None:
        """Write what DMI, SeedOS, DHCP and the platform's DNS give a real machine."""
        self.home.mkdir(parents=True, exist_ok=True)
        settings.write(self.home / "info.json", json.dumps(dataclasses.asdict(info)))
        (self.home / "disk").mkdir(exist_ok=True)
        upper = self.home / "upper"
        values = {
            "IP": info.ip,
            "PREFIX_LENGTH": settings.PREFIX_LENGTH,
            "GATEWAY": settings.GATEWAY_IP,
        }
        drop_in = "90-stand-period.conf"
        content: dict[str, str | bytes] = {
            "etc/stand/dmi/id/product_uuid": info.uuid + "\n",
            "etc/systemd/network/10-stand.network": settings.template(
                "node.network", values
            ),
            "etc/hosts": machines.hosts() + f"{info.ip} {self.hostname}\n",
            "etc/hostname": self.hostname + "\n",
            "etc/resolv.conf": f"nameserver {settings.RESOLVER_IP}\n",
        }
        if period:
            text = settings.template("node-period.conf", {"PERIOD": period})
            for unit in ("exordos-universal-agent", "exordos-metapaas-mail-agent"):
                content[f"etc/systemd/system/{unit}.service.d/{drop_in}"] = text
        containers.files(upper, content)
        settings.write(
            upper / "var/lib/exordos/universal_agent/private_key", key, 0o600
        )

    @property
    def hostname(self) -> str:
        """The node's host name."""
        return f"node-{self.short}"

    def boot(self, image: pathlib.Path) -> None:
        """Power the machine on; what is left of an earlier run ends first."""
        self.cut()
        argv = containers.command(
            self.stand,
            self.stand.netns,
            image,
            self.home,
            "-b",
            f"--hostname={self.hostname}",
            f"--network-bridge={settings.BRIDGE}",
            f"--bind={self.home / 'disk'}:/mnt/stand-disk",
        )
        with open(self.stand.logs / f"{self.hostname}.console.log", "a") as log:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        record = processes.Record.of(self.hostname, process.pid, argv)
        record.save(self.home / "nspawn.json")

    def power_off(self, grace: float = 10.0) -> None:
        """Ask the node's init for an orderly shutdown, then cut the power."""
        record = self.record
        if not record:
            return
        record.kill(signal.SIGTERM, group=False)
        end = time.monotonic() + grace
        while record.alive and time.monotonic() < end:
            processes.reap()
            time.sleep(0.02)
        self.cut()

    def cut(self) -> None:
        """Cut the power: every process of the node ends at once."""
        record = self.record
        if record:
            record.kill(signal.SIGKILL)
        # Killing nspawn alone leaves the inside running.
        left = processes.exterminate(lambda: self.processes)
        if left or (record and record.alive):
            raise RuntimeError(f"node {self.short} does not die: {left}")
        containers.forget(self.stand, self.short)

    def save_journal(self) -> None:
        """Append the node's journal, from its disks, to the stand's logs."""
        target = self.stand.logs / f"{self.hostname}.journal.log"
        for layer in ("upper", "disk"):
            directory = self.home / layer / "var/log/journal"
            if directory.is_dir():
                with open(target, "w" if layer == "upper" else "a") as stream:
                    subprocess.run(
                        [
                            "journalctl",
                            "-q",
                            "--no-pager",
                            "-o",
                            "short-iso",
                            "-D",
                            os.fspath(directory),
                        ],
                        stdout=stream,
                        stderr=subprocess.DEVNULL,
                    )


def names(stand: settings.Settings) -> list[str]:
    """Return the short names of all nodes."""
    return sorted(p.parent.name for p in stand.nodes.glob("*/info.json"))


def find(stand: settings.Settings, name: str) -> Node:
    """Find a node by short name or uuid, by its instance's name or uuid, or ``-``.

    Raises LookupError with a text for the person who typed the name.
    """
    have = names(stand)
    if name == "-":
        if len(have) != 1:
            raise LookupError(f"'-' needs exactly one node; there are: {have}")
        return Node(stand, have[0])
    for short in have:
        if name.startswith(short) and short == name[:8]:
            return Node(stand, short)
    if re.match(r"[\w.-]{1,255}\Z", name):
        for ip in _instance_addresses(stand, name):
            for short in have:
                if Node(stand, short).info.ip == ip:
                    return Node(stand, short)
    raise LookupError(f"no node {name!r}; there are: {have}")


def _instance_addresses(stand: settings.Settings, name: str) -> list[str]:
    rows = postgres.sql(
        stand,
        "metapaas",
        "select to_json(i) from mail_instances i "  # noqa: S608
        f"where name = '{name}' or uuid::text = '{name}'",
    )
    return [ip for row in rows for ip in [json.loads(row).get("ipv4")] if ip]


def all_nodes(stand: settings.Settings) -> tp.Iterator[Node]:
    """Return every node."""
    return (Node(stand, name) for name in names(stand))
