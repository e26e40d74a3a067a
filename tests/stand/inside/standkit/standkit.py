# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`guest_machine` without a virtual machine.

Reports what SeedOS reports while the machine boots from the network (FLASHED)
and then what the guest's own agent reports (ACTIVE).  The SDK's real driver must
not run here: on an image change it edits grub and reboots the machine.
"""

import os

from gcl_sdk.agents.universal import constants
from gcl_sdk.agents.universal.drivers import guest, meta, pool
from restalchemy.dm import properties, types


class StandGuest(guest.GuestMachineMetaModel):
    """The guest's view of its machine, kept in a file only."""

    status = properties.property(
        types.Enum([s.value for s in pool.MachineStatus]), default="ACTIVE"
    )

    def get_meta_model_fields(self):
        """Return the fields that survive a restart of the agent."""
        return {"uuid", "image", "boot", "hostname"}

    def dump_to_dp(self):
        """Take the wanted state: flashed from the network, else running."""
        self.status = "FLASHED" if self.boot == "network" else "ACTIVE"

    def restore_from_dp(self):
        """Read the state back (it follows from the wanted one)."""
        self.dump_to_dp()

    def update_on_dp(self):
        """Take a changed wanted state."""
        self.dump_to_dp()


class StandGuestDriver(meta.MetaFileStorageAgentDriver):
    """Capability `guest_machine` of a stand's node."""

    __model_map__ = {"guest_machine": StandGuest}

    def __init__(self, *args, **kwargs):
        path = os.path.join(constants.WORK_DIR, "stand_guest_meta.json")
        super().__init__(*args, meta_file=path, **kwargs)
