# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The platform's own machines: Core, metapaas-cp, and the place of a client.

Each is a mount namespace that is kept by a bind mount, so that every process of
the machine sees the same files:

    /etc       overlay: the machine's own hosts, resolv.conf, exordos_metapaas, ...
    /var/lib   a tmpfs with /var/lib/exordos in it (and our own directories)
    /sys/class a tmpfs with the machine's DMI uuid (not for the client)
    VENV       overlay, when the machine may install packages into it

The host's own directories are lower layers at most; nothing is written there.
"""

import dataclasses
import os
import pathlib
import typing as tp

from tests.stand import progress, settings

SCRIPT = settings.FILES / "machine.sh"


@dataclasses.dataclass(frozen=True)
class Machine:
    """One machine of a stand."""

    stand: settings.Settings
    name: str
    uuid: str = ""

    @property
    def home(self) -> pathlib.Path:
        """The machine's files."""
        return self.stand.state / "machines" / self.name

    @property
    def etc(self) -> pathlib.Path:
        """Upper layer of /etc."""
        return self.home / "etc"

    @property
    def exordos(self) -> pathlib.Path:
        """What the machine sees as /var/lib/exordos."""
        return self.home / "exordos"

    @property
    def namespace(self) -> pathlib.Path:
        """The file that keeps the mount namespace."""
        return self.stand.state / "namespaces" / self.name

    def create(self, venv: pathlib.Path | None = None) -> None:
        """Make the namespace; ``venv`` gets a writable layer of this machine's own."""
        for path in (self.etc, self.exordos, self.home / "workdir"):
            path.mkdir(parents=True, exist_ok=True)
        settings.write(self.etc / "hosts", hosts())
        settings.write(
            self.etc / "resolv.conf",
            f"nameserver {settings.RESOLVER_IP}\noptions timeout:2 attempts:2\n",
        )
        parent = self.namespace.parent
        parent.mkdir(parents=True, exist_ok=True)
        if str(parent) not in mounts():
            # A namespace can only be kept on a private mount.
            progress.run("mount", "--bind", parent, parent)
            progress.run("mount", "--make-private", parent)
        self.namespace.touch()
        progress.run(
            "unshare",
            f"--mount={self.namespace}",
            "--propagation",
            "private",
            "bash",
            SCRIPT,
            self.home,
            self.uuid,
            self.stand.state,
            self.stand.cache,
            str(venv or ""),
        )

    def command(
        self, *argv: str | os.PathLike[str], env: tp.Mapping[str, str] | None = None
    ) -> list[str]:
        """Return the command that runs ``argv`` on this machine."""
        words = ["env", *(f"{k}={v}" for k, v in (env or {}).items())] if env else []
        return [
            "nsenter",
            f"--mount={self.namespace}",
            f"--net=/run/netns/{self.stand.netns}",
            "--",
            *words,
            *(os.fspath(a) for a in argv),
        ]


def hosts() -> str:
    """Return /etc/hosts of everything inside the stand."""
    return settings.template(
        "hosts",
        {
            "CORE_IP": settings.CORE_IP,
            "CORE_HOST": settings.CORE_HOST,
            "CP_IP": settings.CP_IP,
            "CP_HOST": settings.CP_HOST,
        },
    )


def mounts() -> list[str]:
    """Return every mount point (os.path.ismount misses binds within a disk)."""
    text = pathlib.Path("/proc/self/mountinfo").read_text()
    return [line.split()[4] for line in text.splitlines()]


def down(stand: settings.Settings) -> None:
    """Let go of every kept mount namespace, also of a crashed stand."""
    parent = str(stand.state / "namespaces")
    while parent in mounts():
        # Lazily and from the top: what is mounted below goes with it.
        progress.run("umount", "--lazy", parent)


def core(stand: settings.Settings) -> Machine:
    """Return the machine of Core."""
    return Machine(stand, "core", settings.CORE_UUID)


def control(stand: settings.Settings) -> Machine:
    """Return the machine metapaas-cp."""
    return Machine(stand, "metapaas", settings.CP_UUID)


def client(stand: settings.Settings) -> Machine:
    """Return the place where a client stands."""
    return Machine(stand, "client")
