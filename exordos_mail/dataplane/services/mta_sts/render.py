# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The configuration of postfix-mta-sts-resolver: the same on all nodes.

See mta-sts-daemon.yml(5).
"""

import json

from exordos_mail.dataplane.engine import files
from exordos_mail.dataplane.services.mta_sts import paths

#: JSON, which YAML takes as it is.
_VALUES = {
    # exim, which runs as another user, connects; what it answers is no secret.
    "path": paths.SOCKET,
    "mode": 0o666,
    "shutdown_timeout": 1,
    # A policy lasts over restarts, as long as its domain says (RFC 8461 section 3.2).
    "cache": {"type": "sqlite", "options": {"filename": paths.CACHE, "threads": 2}},
    # Seconds for which the DNS is not asked again whether there is another policy.
    "cache_grace": 60,
    # RFC 8461 section 10.2: policies are looked at before they end.
    "proactive_policy_fetching": {"enabled": True, "concurrency_limit": 5},
    # Seconds for each step. A policy in mode testing holds no mail up.
    "default_zone": {"timeout": 4, "strict_testing": False},
}


def configuration() -> files.File:
    """Return the file."""
    text = json.dumps(_VALUES, indent=2, sort_keys=True) + "\n"
    return files.File(text.encode("ascii"), group=paths.USER, mode=0o640)
