# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Where everything of the node's resolver is; its unit has the same paths."""

import dataclasses
import pathlib

from exordos_mail import constants as c

UNIT = "exordos-mail-resolver.service"
#: Of Debian's package.
USER = "unbound"
CHECKER = "/usr/sbin/unbound-checkconf"
ADDRESS, PORT = "127.0.0.1", 53


@dataclasses.dataclass(frozen=True)
class ResolverPaths:
    """Absolute paths, as unbound's configuration has them."""

    directory: str = str(pathlib.PurePosixPath(c.RESOLV_CONF).parent)
    rehearsal_dir: str = "/run/exordos-mail-resolver-rehearsal"
    #: Of unbound itself.
    state_dir: str = "/var/lib/unbound"
    #: The keys of the internet's root; unbound follows their changes (RFC 5011).
    root_key: str = "/var/lib/unbound/exordos-mail-root.key"
    root_hints: str = "/usr/share/dns/root.hints"

    @property
    def conf(self) -> str:
        """The configuration; systemd starts unbound if it is there."""
        return self.directory + "/unbound.conf"

    def rehearsal(self) -> "ResolverPaths":
        """Return what a trial has: the unit makes its keys of Debian's later only."""
        return dataclasses.replace(self, root_key="/usr/share/dns/root.key")
