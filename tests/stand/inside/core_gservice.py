# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Core's real gservice with one replacement: the machine pool's driver.

gcl_sdk's DummyPoolDriver forgets everything (lists are empty, create_volume
returns None), so no machine can ever become ACTIVE with it.  The driver here
remembers machines, ports and volumes in one JSON file, from which the stand's
hypervisor starts real nodes.  EXORDOS_STAND_POOL names the file,
EXORDOS_STAND_PERIOD (s, optional) shortens the loop.
"""

import json
import os
import sys
import uuid

from gcl_sdk.agents.universal.drivers import pool

STATE = os.environ["EXORDOS_STAND_POOL"]
PERIOD = os.environ.get("EXORDOS_STAND_PERIOD")
POOL_NAMESPACE = uuid.UUID("5fa7d000-0000-4000-8000-000000000000")
# Core schedules a volume to a pool of the same "ephemeral" kind.
STORAGE = (("ephemeral", True), ("durable", False))


class FilePoolDriver(pool.DummyPoolDriver):
    """A pool whose state is a file: {"machines": {...}, "volumes": {...}}."""

    def _load(self):
        try:
            with open(STATE) as stream:
                return json.load(stream)
        except FileNotFoundError:
            return {"machines": {}, "volumes": {}}

    def _save(self, state):
        with open(STATE + ".tmp", "w") as stream:
            json.dump(state, stream, indent=1)
        os.rename(STATE + ".tmp", STATE)

    @staticmethod
    def _machine(entry):
        return (
            pool.Machine.restore_from_simple_view(**entry["machine"]),
            tuple(pool.Port.restore_from_simple_view(**p) for p in entry["ports"]),
        )

    def _volumes(self):
        return [
            pool.MachineVolume.restore_from_simple_view(**v)
            for v in self._load()["volumes"].values()
        ]

    def get_pool_info(self):
        """Return the pool: far more than any test needs."""
        return pool.MachinePool(
            name="stand",
            driver_spec=pool.DummyPoolDriverSpec(),
            all_cores=256,
            all_ram=1048576,
            avail_cores=256,
            avail_ram=1048576,
            status=pool.MachinePoolStatus.ACTIVE.value,
        )

    def list_storage_pools(self):
        """Return one storage pool for each kind of volume (names are unique)."""
        volumes = self._volumes()
        return [
            pool.ThinStoragePool(
                uuid=uuid.uuid5(POOL_NAMESPACE, name),
                name=name,
                pool_type="dummy",
                ephemeral=ephemeral,
                capacity_usable=100000,
                available_actual=100000,
                capacity_provisioned=sum(
                    v.size for v in volumes if v.storage_pool == name
                ),
            )
            for name, ephemeral in STORAGE
        ]

    def list_machines(self):
        """Return (machine, ports) of every machine."""
        return [self._machine(e) for e in self._load()["machines"].values()]

    def list_volumes(self, machine=None):
        """Return all volumes."""
        return self._volumes()

    def list_pool_resources(self):
        """Return everything at once, as Core's agent asks for it."""
        return (
            self.get_pool_info(),
            self.list_storage_pools(),
            self.list_machines(),
            self._volumes(),
        )

    def get_machine(self, machine):
        """Return (machine, ports) of one machine."""
        try:
            return self._machine(self._load()["machines"][str(machine)])
        except KeyError:
            raise pool.MachineNotFoundError(machine=machine) from None

    def _put(self, machine, ports):
        state = self._load()
        machine.status = pool.MachineStatus.ACTIVE.value
        state["machines"][str(machine.uuid)] = {
            "machine": machine.dump_to_simple_view(),
            "ports": [p.dump_to_simple_view() for p in ports],
        }
        self._save(state)
        return machine, tuple(ports)

    def create_machine(self, machine, volumes, ports):
        """Remember a new machine; the hypervisor sees it in the file."""
        return self._put(machine, ports)

    def recreate_machine(self, machine, ports=None):
        """Remember a changed machine, e.g. one that now boots from its disk."""
        if ports is None:
            ports = self.get_machine(machine.uuid)[1]
        self._put(machine, ports)

    def delete_machine(self, machine, delete_volumes=True):
        """Forget a machine; the hypervisor powers it off and erases it."""
        state = self._load()
        state["machines"].pop(str(machine.uuid), None)
        self._save(state)

    def set_machine_cores(self, machine, cores):
        """Change the number of cores."""
        machine.cores = cores
        self._put(machine, self.get_machine(machine.uuid)[1])

    def set_machine_ram(self, machine, ram):
        """Change the memory (MiB)."""
        machine.ram = ram
        self._put(machine, self.get_machine(machine.uuid)[1])

    def _put_volume(self, volume):
        state = self._load()
        volume.status = pool.VolumeStatus.ACTIVE.value
        state["volumes"][str(volume.uuid)] = volume.dump_to_simple_view()
        self._save(state)
        return volume

    create_volume = resize_volume = attach_volume = _put_volume

    def detach_volume(self, volume):
        """Take a volume from its machine."""
        volume.machine = None
        self._put_volume(volume)

    def delete_volume(self, volume):
        """Forget a volume."""
        state = self._load()
        state["volumes"].pop(str(volume.uuid), None)
        self._save(state)

    def get_volume(self, volume):
        """Return one volume."""
        try:
            view = self._load()["volumes"][str(volume)]
        except KeyError:
            raise pool.VolumeNotFoundError(volume=volume) from None
        return pool.MachineVolume.restore_from_simple_view(**view)


def main() -> None:
    """Replace the driver, then run the real command."""
    pool.DummyPoolDriver = FilePoolDriver
    from exordos_core.cmd import gservice

    if PERIOD:
        general = gservice.GeneralService
        gservice.GeneralService = lambda: general(
            iter_min_period=float(PERIOD), iter_pause=0.05
        )
    sys.argv[0] = "ec-gservice"
    gservice.main()


main()
