# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the machine itself must have: Debian packages, apt settings.

Settings come from the machine as they are; no address of a registry is written
down here or anywhere in the project.
"""

import os
import pathlib
import shutil
import typing as tp

from tests.stand import progress

PACKAGES = (
    "build-essential",
    "ca-certificates",
    "curl",
    "debootstrap",
    "iproute2",
    "libev-dev",
    "libvirt-dev",
    "nginx-light",
    "openssl",
    "pebble",
    "pkg-config",
    "postgresql",
    "python3-dev",
    "python3-venv",
    "systemd-container",
    "util-linux",
    "zstd",
)
POLICY = pathlib.Path("/usr/sbin/policy-rc.d")


def missing_packages() -> list[str]:
    """Return the packages that are not installed yet."""
    done = progress.run(
        "dpkg-query",
        "-W",
        "-f",
        "${Package} ${db:Status-Status}\n",
        *PACKAGES,
        check=False,
    )
    have = {
        line.split()[0]
        for line in done.stdout.splitlines()
        if line.endswith(" installed")
    }
    return [p for p in PACKAGES if p not in have]


def install(log: pathlib.Path) -> None:
    """Install what is missing and start nothing: the services are for the stand."""
    wanted = missing_packages()
    if not wanted:
        return
    with progress.Step(f"Debian packages: {' '.join(wanted)}"):
        ours = not POLICY.exists()
        if ours:
            POLICY.write_text("#!/bin/sh\nexit 101\n")
            POLICY.chmod(0o755)
        try:
            env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            progress.run("apt-get", "-q", "update", log=log, env=env)
            progress.run(
                "apt-get",
                "-qy",
                "install",
                "--no-install-recommends",
                *wanted,
                log=log,
                env=env,
            )
        finally:
            if ours:
                POLICY.unlink()


def codename() -> str:
    """Return the release name of this machine's Debian."""
    for line in pathlib.Path("/etc/os-release").read_text().splitlines():
        if line.startswith("VERSION_CODENAME="):
            return line.partition("=")[2].strip('"')
    raise RuntimeError("/etc/os-release names no VERSION_CODENAME")


def apt_sources(root: pathlib.Path = pathlib.Path("/etc/apt")) -> list[tuple[str, str]]:
    """Return (address, suite) of the machine's own Debian archives, main one first."""
    release = codename()
    wanted = (release, f"{release}-updates", f"{release}-security")
    found: list[tuple[str, str]] = []
    files = [root / "sources.list", *sorted((root / "sources.list.d").glob("*"))]
    for path in files:
        if path.suffix == ".sources":
            pairs = _deb822(path.read_text())
        elif path.suffix == ".list" and path.exists():
            pairs = _one_line(path.read_text())
        else:
            continue
        found += [p for p in pairs if p[1] in wanted and p not in found]
    found.sort(key=lambda p: wanted.index(p[1]))
    if not found or found[0][1] != release:
        raise RuntimeError(f"no apt source for {release} under {root}")
    return found


def _deb822(text: str) -> tp.Iterator[tuple[str, str]]:
    for block in text.split("\n\n"):
        fields: dict[str, list[str]] = {}
        for line in block.splitlines():
            name, colon, value = line.partition(":")
            if colon and not line.startswith(("#", " ", "\t")):
                fields[name.strip().lower()] = value.split()
        if "deb" in fields.get("types", ()) and fields.get("enabled") != ["no"]:
            for uri in fields.get("uris", ()):
                for suite in fields.get("suites", ()):
                    yield uri.rstrip("/"), suite.rstrip("/")


def _one_line(text: str) -> tp.Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if line.startswith("deb "):
            words = line.partition("]")[2].split() if "[" in line else line.split()[1:]
            if len(words) >= 2:
                yield words[0].rstrip("/"), words[1].rstrip("/")


def apt_settings() -> str:
    """Return the machine's proxy and similar settings of apt, as configuration."""
    dump = progress.run("apt-config", "dump").stdout
    keep = ("Acquire::http", "Acquire::https", "Acquire::Retries")
    return "".join(f"{x}\n" for x in dump.splitlines() if x.startswith(keep))


def python() -> str:
    """Return the interpreter for environments that unprivileged services use too.

    Debian's own one: a version manager's interpreter lies in a home directory
    that user nobody cannot read.
    """
    return shutil.which("python3", path="/usr/bin:/bin") or "/usr/bin/python3"


def postgres_bin() -> pathlib.Path:
    """Return the directory of the newest installed PostgreSQL's programs."""
    found = sorted(
        pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"),
        key=lambda p: int(p.parts[4].partition(".")[0]),
    )
    if not found:
        raise RuntimeError("PostgreSQL is not installed: run `standctl prepare`")
    return found[-1].parent
