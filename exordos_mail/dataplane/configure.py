# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Boot-time program: the files of the accepted payload, before exim starts.

Run by exordos-metapaas-mail-configure.service, so that a node without a
control plane serves mail after a reboot, an upgrade of this package or the
replacement of its root disk.
"""

import logging
import sys

from exordos_mail.dataplane import registry
from exordos_mail.dataplane.engine import report as report_lib
from exordos_mail.dataplane.engine import service

LOG = logging.getLogger("exordos-mail-configure")


def main() -> int:
    """Return the exit status: 0 ready or nothing to do, 1 something is wrong."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        if registry.mail_node().prepare():
            LOG.info("mail is configured")
        else:
            LOG.info("no mail instance is known on this node yet")
    except BlockingIOError:
        LOG.info("the agent is at work on this node already")
    except service.RehearsalFailed as exc:
        LOG.error("the old configuration stays: %s", report_lib.one_line(str(exc)))
        return 1
    except (OSError, KeyError) as exc:
        LOG.error("mail is not configured: %s", report_lib.one_line(str(exc)))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
