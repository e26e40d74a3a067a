# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""systemd-nspawn containers: the nodes and the hosts of the fake internet."""

import contextlib
import os
import pathlib
import typing as tp

from tests.stand import network, settings

SCRIPT = settings.FILES / "container.sh"
CGROUP = "exordos-mail"
CGROUP_V1 = tuple(
    pathlib.Path("/sys/fs/cgroup", name) for name in ("systemd", "unified", "memory")
)
PROPAGATE = pathlib.Path("/run/systemd/nspawn/propagate")


def command(
    stand: settings.Settings,
    netns: str,
    lower: pathlib.Path,
    home: pathlib.Path,
    *argv: str,
) -> list[str]:
    """Return the command of a container over ``lower`` with its files in ``home``."""
    return network.inside(
        netns,
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "bash",
        os.fspath(SCRIPT),
        os.fspath(lower),
        os.fspath(home),
        f"{CGROUP}/{stand.name}/{home.name}",
        f"--machine={machine(stand, home.name)}",
        *argv,
    )


def machine(stand: settings.Settings, label: str) -> str:
    """Return the container's name, unique on the machine."""
    return f"{stand.name}--{label}"


def forget(stand: settings.Settings, label: str = "") -> None:
    """Remove the control groups of a container that has ended, or of all.

    Also the empty directories that nspawn leaves where /run is a plain disk.
    """
    for hierarchy in (pathlib.Path("/sys/fs/cgroup"), *CGROUP_V1):
        top = hierarchy / CGROUP / stand.name / label
        groups = [group for group, _, _ in os.walk(top, topdown=False)]
        for group in [*groups, os.fspath(hierarchy / CGROUP)]:
            with contextlib.suppress(OSError):  # not there, or still in use
                os.rmdir(group)
    for path in PROPAGATE.glob(machine(stand, label or "*")):
        with contextlib.suppress(OSError):  # mounted: the container runs
            path.rmdir()


def leader(supervisor: int) -> int | None:
    """Return the first process of a container, the only child of its nspawn."""
    path = pathlib.Path(f"/proc/{supervisor}/task/{supervisor}/children")
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        children = path.read_text().split()
        if children:
            return int(children[0])
    return None


def enter(pid: int, *argv: str) -> list[str]:
    """Return the command that runs ``argv`` inside a container, with a plain PATH."""
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return [
        "nsenter",
        "-t",
        str(pid),
        "-m",
        "-u",
        "-i",
        "-n",
        "-p",
        "--",
        "env",
        "-i",
        f"PATH={path}",
        "LANG=C.UTF-8",
        "HOME=/root",
        f"TERM={os.environ.get('TERM', 'dumb')}",
        *argv,
    ]


def files(upper: pathlib.Path, content: tp.Mapping[str, str | bytes]) -> None:
    """Put files into the upper layer of a container that does not run yet."""
    for name, text in content.items():
        path = upper / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(text)
