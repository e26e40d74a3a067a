# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Stand-in for a hypervisor: keeps the nodes in step with the machine pool.

Reads the file that Core's pool driver writes, and for every machine in it runs
one node; a machine that is gone from the file is powered off and erased.  A node
that stops by itself (poweroff, crash) is started again, as a hypervisor with
"autostart" does, unless a test has switched it off.  Not imitated: the boot from
the network (SeedOS); a node starts once, from its disk.

It also serves what the platform's own machines ask of "systemctl".

Run as a service of the stand: ``python -m tests.stand.hypervisor``.
"""

import json
import os
import pathlib
import signal
import time
import typing as tp

from tests.stand import cache, core, metapaas, nodes, postgres, processes, settings

PASS = 0.05  # seconds between two looks


class Hypervisor:
    """The daemon."""

    def __init__(self, stand: settings.Settings) -> None:
        self.stand = stand
        facts = stand.facts()
        self.image = pathlib.Path(facts["node"])
        self.period = str(facts["period"]) if facts["period"] else None
        self.platform = metapaas.MetaPaaS(
            stand, pathlib.Path(facts["platform"]), pathlib.Path(facts["core"])
        )
        self.off: set[str] = set()
        self.retry: dict[str, float] = {}

    def log(self, what: str, node: str, **more: tp.Any) -> None:
        """Write one event as a JSON line."""
        print(
            json.dumps({"t": time.time(), "what": what, "node": node, **more}),
            flush=True,
        )

    def wanted(self) -> dict[str, dict[str, tp.Any]]:
        """Return the pool's machines by uuid (the file is never half-written)."""
        try:
            text = self.stand.pool_file.read_text()
        except FileNotFoundError:
            return {}
        return {u: e["machine"] for u, e in json.loads(text)["machines"].items()}

    def create(self, uuid: str, machine: dict[str, tp.Any]) -> None:
        """Make a new node, once Core knows its address and its key."""
        # While a machine boots from the network its port in the pool has no
        # address; Core's own table has it from the start, as its DHCP would.
        ip = postgres.sql(
            self.stand,
            "exordos_core",
            f"select ipv4 from compute_ports where node = '{uuid}' and source = 'main' "  # noqa: S608
            "and ipv4 is not null limit 1",
        )
        key = postgres.sql(
            self.stand,
            "exordos_core",
            f"select private_key from ua_node_encryption_keys where uuid = '{uuid}'",  # noqa: S608
        )
        if not ip or not key:
            self.retry[uuid] = time.monotonic() + 0.2
            return
        node = nodes.Node(self.stand, uuid[:8])
        info = nodes.Info(
            uuid, str(machine.get("name") or ""), ip[0], str(machine.get("image") or "")
        )
        cache.remove(node.home)
        node.write_identity(info, key[0], self.period)
        node.boot(self.image)
        self.log("boot", uuid, ip=ip[0], pid=node.record and node.record.pid)

    def delete(self, node: nodes.Node) -> None:
        """Power a node off and erase its disks; the journal stays in the logs."""
        uuid = node.info.uuid
        self.log("poweroff", uuid)
        node.power_off()
        node.save_journal()
        cache.remove(node.home)
        self.off.discard(uuid)
        self.log("gone", uuid)

    def obey(self, node: nodes.Node) -> None:
        """Carry out what `standctl power` asked for."""
        path = node.home / "request"
        try:
            request = path.read_text().strip()
        except FileNotFoundError:
            return
        uuid = node.info.uuid
        self.log(f"request {request}", uuid)
        if request in ("off", "cut", "reimage"):
            (node.cut if request == "cut" else node.power_off)()
        if request in ("off", "cut"):
            self.off.add(uuid)
        if request in ("on", "reimage"):
            self.off.discard(uuid)
        if request == "reimage":
            self.reimage(node)
        path.unlink()

    def reimage(self, node: nodes.Node) -> None:
        """Give a node a fresh root disk; its data disk stays."""
        key = node.home / "upper/var/lib/exordos/universal_agent/private_key"
        text, info = key.read_text(), node.info
        node.save_journal()
        cache.remove(node.home / "upper")
        cache.remove(node.home / "work")
        node.write_identity(info, text, self.period)
        self.log("new root disk", info.uuid)

    def step(self) -> None:
        """Look once at everything."""
        wanted = self.wanted()
        now = time.monotonic()
        have = {n.info.uuid: n for n in nodes.all_nodes(self.stand)}
        for uuid in set(have) - set(wanted):
            self.delete(have[uuid])
        for uuid, machine in wanted.items():
            node = have.get(uuid)
            if self.retry.get(uuid, 0) > now:
                continue
            try:
                if node is None:
                    self.create(uuid, machine)
                    continue
                self.obey(node)
                if not node.running and uuid not in self.off:
                    self.log("boot again", uuid)
                    node.boot(self.image)
                    self.retry[uuid] = now + 1
            except (OSError, RuntimeError, TimeoutError) as error:
                self.log("failed", uuid, error=repr(error))
                self.retry[uuid] = now + 1

    def serve(self) -> None:
        """Carry out the calls of "systemctl" that wait in the queue."""
        for path in sorted(core.queue(self.stand).glob("[0-9]*")):
            argv = path.read_text().split("\n")[:-1]
            path.unlink()
            print(json.dumps({"t": time.time(), "systemctl": argv}), flush=True)
            metapaas.systemctl(self.stand, self.platform, argv)

    def run(self) -> None:
        """Go on until SIGTERM, then power all nodes off."""
        stopping: list[int] = []
        signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
        while not stopping:
            processes.reap()
            self.step()
            self.serve()
            time.sleep(PASS)
        running = [n for n in nodes.all_nodes(self.stand) if n.running]
        for node in running:
            if node.record:
                node.record.kill(signal.SIGTERM, group=False)
        for node in running:
            node.power_off()
            node.save_journal()
            self.log("poweroff", node.info.uuid)


if __name__ == "__main__":
    Hypervisor(settings.Settings.load(os.environ["EXORDOS_STAND"])).run()
