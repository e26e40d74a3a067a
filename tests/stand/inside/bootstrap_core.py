# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Minimal content of a fresh Core: the flat network and one machine pool.

Uses Core's own bootstrap code for the network; the pool gets the kind "dummy",
whose driver `core_gservice.py` replaces.  Runs with Core's environment:
bootstrap_core.py --config-file FILE.
"""

import json
import os
import sys
import uuid

from exordos_core.cmd import bootstrap
from exordos_core.common import config
from exordos_core.compute.dm import models
from oslo_config import cfg
from restalchemy.common import config_opts
from restalchemy.storage.sql import engines


def main() -> None:
    """Apply the network given in the environment (JSON) and insert the pool."""
    stand = json.loads(os.environ["EXORDOS_STAND_NETWORK"])
    _ = config_opts  # importing it registers the options of the database
    config.parse(sys.argv[1:])
    engines.engine_factory.configure_postgresql_factory(cfg.CONF)

    restore = models.Network.restore_from_simple_view.__func__

    def restore_network(cls, **kwargs):
        # The real driver, but its file in the machine's own directory.
        kwargs["driver_spec"] = {
            "driver": "flat_bridge",
            "dhcp_cfg": "/var/lib/exordos/exordos_core/dhcpd.conf",
        }
        return restore(cls, **kwargs)

    models.Network.restore_from_simple_view = classmethod(restore_network)
    bootstrap._apply_flat_network(stand)
    if not models.MachinePool.objects.get_all():
        models.MachinePool.restore_from_simple_view(
            uuid=str(uuid.uuid5(uuid.NAMESPACE_DNS, "stand-pool")),
            name="hypervisor",
            machine_type="VM",
            driver_spec={"kind": "dummy"},
            status="ACTIVE",
            avail_cores=256,
            avail_ram=1048576,
            all_cores=256,
            all_ram=1048576,
        ).insert()


main()
