# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Who calls."""

import dataclasses

from exordos_mail.standards import api_key

#: What stands before the id of a key that calls.
KEY = "key:"


@dataclasses.dataclass(frozen=True)
class Principal:
    """Who calls."""

    #: `admin`, `key:<id>`, `control`, or `nobody` on a public route.
    actor: str
    #: The key's tenant; None: the admin.
    tenant_id: str | None
    scopes: frozenset[str]
    #: Nothing that it submits is ever sent.
    is_test: bool = False

    @property
    def is_admin(self) -> bool:
        """Tell whether everything is allowed."""
        return self.actor == "admin"

    @property
    def key_id(self) -> str | None:
        """Return the id of the key that calls; None: nobody calls with one."""
        return self.actor[len(KEY) :] if self.actor.startswith(KEY) else None


ADMIN = Principal("admin", None, frozenset(api_key.SCOPES))
#: Reads the metrics. It is made on their route only: to others, no tenant of its
#: own would mean the admin.
SCRAPER = Principal("metrics", None, frozenset())
#: The control plane's agent, known by the socket it comes from.
CONTROL = Principal("control", None, frozenset())
NOBODY = Principal("nobody", None, frozenset())
