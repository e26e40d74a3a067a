# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The numbers as a file, for the textfile collector of Prometheus's node_exporter.

A file and not a port: nothing of the control plane listens for it, and whoever may
read the file is the operator's choice.
"""

import logging
import time
import typing as tp

from gcl_looper.services import basic
from oslo_config import cfg
import prometheus_client as prometheus
from restalchemy.storage.sql import engines

from exordos_mail.controlplane.metrics import numbers

LOG = logging.getLogger(__name__)

CONF = cfg.CONF
CONF.register_opts(
    [
        cfg.StrOpt(
            "metrics_file",
            default=None,
            help=(
                "File that gets numbers about domains and certificates every 30 s, in "
                "the form of Prometheus; its name has to end with .prom for the "
                "textfile collector of node_exporter. Default: no file."
            ),
        )
    ],
    group="mail",
)

PERIOD = 30.0  # seconds


class MetricsWriter(basic.BasicService):
    """Writes the file every PERIOD, whole or not at all.

    Args:
        clock: seconds of a monotonic clock.
    """

    __log_iteration__ = False

    def __init__(self, clock: tp.Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._due = clock()

    def _iteration(self) -> None:
        now, path = self._clock(), CONF.mail.metrics_file
        if not path or now < self._due:
            return
        self._due = now + PERIOD
        with engines.engine_factory.get_engine().session_manager() as session:
            found = numbers.registry(
                lambda query, values: session.execute(query, values).fetchall()
            )
        try:
            prometheus.write_to_textfile(path, found)
        except OSError as error:
            LOG.warning("No metrics in %s: %s", path, error.strerror)
