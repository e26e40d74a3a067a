# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Where everything of the node's MTA-STS daemon is; its unit has the same paths."""

from exordos_mail import constants as c

UNIT = "exordos-mail-mta-sts.service"
#: Of Debian's package.
USER = "_mta-sts"
DIRECTORY = "/etc/exordos_mail_mta_sts"
CONF = DIRECTORY + "/daemon.yml"
STATE_DIR = "/var/lib/exordos-mail-mta-sts"
CACHE = STATE_DIR + "/cache.db"
SOCKET = c.MTA_STS_SOCKET
