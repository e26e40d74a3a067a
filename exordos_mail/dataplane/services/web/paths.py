# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Where everything of the node's web server is; its unit has the same paths."""

import dataclasses
import typing as tp

UNIT = "exordos-mail-web.service"
USER = "exordos-mail-web"
BINARY = "/usr/sbin/nginx"
HTTP_PORT, HTTPS_PORT = 80, 443


@dataclasses.dataclass(frozen=True)
class Paths:
    """Absolute paths, and what nginx listens on, as its configuration has them."""

    directory: str = "/etc/exordos_mail_web"
    run_dir: str = "/run/exordos-mail-web"
    cache_dir: str = "/var/cache/exordos-mail-web"
    data_dir: str = "/var/lib/exordos-mail-web"
    rehearsal_dir: str = "/run/exordos-mail-web-rehearsal"
    http: tuple[str, ...] = ("80", "[::]:80")
    https: tuple[str, ...] = ("443", "[::]:443")

    @property
    def conf(self) -> str:
        """The configuration; systemd starts nginx if it is there."""
        return self.directory + "/nginx.conf"

    @property
    def problems(self) -> str:
        """The part of it that says what nginx itself answers."""
        return self.directory + "/problems.conf"

    @property
    def tls_dir(self) -> str:
        """Copies of certificates and their keys that nginx can read."""
        return self.directory + "/tls"

    @property
    def status(self) -> str:
        """The socket on which the running nginx tells its revision."""
        return self.run_dir + "/status.sock"

    @property
    def pid_file(self) -> str:
        """What nginx writes when it has all that it listens on."""
        return self.run_dir + "/nginx.pid"

    @property
    def challenges(self) -> str:
        """The directory that /.well-known/acme-challenge/ shows."""
        return self.data_dir + "/acme-challenge"

    @property
    def domains(self) -> str:
        """The directory with a file for each domain that is served."""
        return self.data_dir + "/domains"

    @property
    def policies(self) -> str:
        """The directory with the MTA-STS policies by domain."""
        return self.data_dir + "/policies"

    def without_ipv6(self) -> "Paths":
        """Return the same for a machine whose kernel has no IPv6."""
        return dataclasses.replace(self, http=_ipv4(self.http), https=_ipv4(self.https))

    def rehearsal(self) -> "Paths":
        """Return the paths of a rehearsal, which needs no right and no free port."""
        base = self.rehearsal_dir
        return dataclasses.replace(
            self,
            directory=base + "/etc",
            run_dir=base + "/run",
            cache_dir=base + "/run",
            http=(f"unix:{base}/run/http.sock",),
            https=(f"unix:{base}/run/https.sock",),
        )


def _ipv4(addresses: tp.Iterable[str]) -> tuple[str, ...]:
    return tuple(one for one in addresses if not one.startswith("["))
