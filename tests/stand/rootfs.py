# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Root file systems: Debian, a mail node, a host of the fake internet.

Layers, each a plain directory, copied from the one before and keyed by it:

    debian      debootstrap, the machine's own mirror
    wheels      the Python packages of a mail node (no root; see pip_settings)
    node-base   the platform's base image (stand-in) + `dp_install.sh packages`
    node        + `dp_install.sh application`: this work tree, seconds to rebuild
    internet-*  Debian + name servers and mail servers that somebody else runs
"""

import os
import pathlib
import shutil
import tempfile

from tests.stand import cache, host, progress, settings, venvs

DEBIAN = (
    "systemd",
    "systemd-sysv",
    "dbus",
    "iproute2",
    "python3",
    "openssl",
    "ca-certificates",
)
BASE_IMAGE = (
    "sudo",
    "procps",
    "iputils-ping",
    "python3-venv",
    "rsync",
    "build-essential",
    "python3-dev",
    "libev-dev",
    "libev4",
)
# The platform's agent, and what pip needs to install a source tree.
BASE_WHEELS = ("pip", "gcl_sdk", "setuptools", "wheel")
# Two roots, since a Debian system holds one mail server.
INTERNET = {
    "exim": ("knot", "knot-dnsutils", "unbound", "exim4-daemon-heavy", "procps"),
    "postfix": ("postfix", "opendkim", "opendmarc", "nginx-light", "procps"),
}
BASE_FILES = settings.FILES / "base_image"
MAIL_SOURCES = (
    "exordos_mail",
    "etc",
    "exordos",
    "constraints/platform.txt",
    "pyproject.toml",
)


class Builder:
    """Runs commands inside a root file system that is being made."""

    def __init__(
        self,
        root: pathlib.Path,
        log: pathlib.Path,
        wheels: pathlib.Path | None = None,
    ):
        self._root, self._log, self._wheels = root, log, wheels

    def __call__(self, *argv: str) -> None:
        """Run a command in the root with the machine's network and apt settings.

        Nothing of the machine is writable in there: package scripts run as root
        and follow bind mounts.  pip finds the given wheels and asks nobody.
        """
        wheels = "/run/stand-build/wheels"
        env = {
            "DEBIAN_FRONTEND": "noninteractive",
            "HOME": "/root",
            "LANG": "C.UTF-8",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_FIND_LINKS": wheels,
            "PIP_NO_CACHE_DIR": "1",
            "PIP_NO_INDEX": "1",
            "PIP_ROOT_USER_ACTION": "ignore",
        }
        binds = [f"--bind-ro={self._wheels}:{wheels}"] if self._wheels else []
        progress.run(
            "systemd-nspawn",
            "-q",
            "-D",
            self._root,
            "--register=no",
            "--keep-unit",
            "--as-pid2",
            "--console=pipe",
            "--resolv-conf=replace-host",
            "--timezone=off",
            "--link-journal=no",
            *binds,
            *(f"--setenv={k}={v}" for k, v in env.items()),
            "--",
            *argv,
            log=self._log,
        )

    def finish(self) -> None:
        """Remove what belongs to the building, not to the image."""
        root = self._root
        self("apt-get", "clean")
        for pattern in (
            "var/lib/apt/lists/*",
            "var/log/*.log",
            "var/log/apt/*",
            "var/cache/debconf/*-old",
            "tmp/*",
            "root/.cache",
        ):
            for path in root.glob(pattern):
                if path.is_dir():
                    cache.remove(path)
                else:
                    path.unlink()
        (root / "etc/resolv.conf").unlink(missing_ok=True)
        (root / "etc/resolv.conf").write_text("")
        (root / "etc/machine-id").write_text("")


def copy(source: pathlib.Path, target: pathlib.Path) -> None:
    """Copy a whole root file system."""
    progress.run("cp", "-a", "--reflink=auto", source, target)


def debian(store: cache.Cache) -> tuple[pathlib.Path, str]:
    """Return Debian's smallest root file system and its key."""
    sources, release = host.apt_sources(), host.codename()
    digest = cache.key("1", release, " ".join(DEBIAN))

    def build(path: pathlib.Path) -> None:
        progress.run(
            "debootstrap",
            "--variant=minbase",
            f"--include={','.join(DEBIAN)}",
            release,
            path,
            sources[0][0],
            log=store.log("debian"),
        )
        lines = [f"deb {uri} {suite} main\n" for uri, suite in sources]
        settings.write(path / "etc/apt/sources.list", "".join(lines))
        settings.write(path / "etc/apt/apt.conf.d/99stand", host.apt_settings())
        Builder(path, store.log("debian")).finish()

    title = f"Debian {release} root file system (debootstrap)"
    return store.get("debian", digest, title, build), digest


def _wheels(store: cache.Cache, sources: pathlib.Path) -> pathlib.Path:
    """Return a directory with a wheel of each Python package of a node.

    They are made by this machine's Python, which is that of the root (host.codename).
    """
    constraints = sources / "constraints/platform.txt"
    requirements = sources / "exordos/images/node-requirements.txt"
    digest = cache.key(
        " ".join(BASE_WHEELS), constraints.read_text(), requirements.read_text()
    )

    def build(path: pathlib.Path) -> None:
        log = store.log("wheels")
        pip = venvs.new(store, path / "venv", constraints, log)
        pip("wheel", "-q", "-w", path, *BASE_WHEELS, "-r", requirements)
        cache.remove(path / "venv")

    return store.get("wheels", digest, "Python packages of the node image", build)


def _node_base(store: cache.Cache, sources: pathlib.Path) -> tuple[pathlib.Path, str]:
    lower, digest = debian(store)
    inputs = [
        BASE_FILES,
        settings.INSIDE / "standkit",
        sources / "constraints/platform.txt",
        sources / "exordos/images/node-requirements.txt",
    ]
    script = (sources / "exordos/images/dp_install.sh").read_text()
    digest = cache.key(
        digest, " ".join(BASE_IMAGE), cache.tree(*inputs), _packages_part(script)
    )

    def build(path: pathlib.Path) -> None:
        copy(lower, path)
        run = Builder(path, store.log("node-base"), _wheels(store, sources))
        progress.say("  base image: packages and the platform's own agent")
        run("apt-get", "-q", "update")
        run("apt-get", "-qy", "install", "--no-install-recommends", *BASE_IMAGE)
        progress.run("cp", "-a", f"{BASE_FILES}/.", path)
        shutil.copytree(settings.INSIDE / "standkit", path / "opt/standkit")
        _source(path, sources)
        agent = "/opt/universal_agent/.venv"
        pins = "/opt/exordos_mail/src/constraints/platform.txt"
        run("python3", "-m", "venv", agent)
        run(f"{agent}/bin/pip", "install", "-q", "-c", pins, "--upgrade", "pip")
        run(f"{agent}/bin/pip", "install", "-q", "-c", pins, "gcl_sdk", "wheel")
        run(
            f"{agent}/bin/pip",
            "install",
            "-q",
            "--no-build-isolation",
            "--no-deps",
            "/opt/standkit",
        )
        (path / "usr/bin/exordos-universal-agent").symlink_to(
            f"{agent}/bin/exordos-universal-agent"
        )
        for name in ("bootstrap/scripts", "universal_agent", "exordos_metapaas"):
            (path / "var/lib/exordos" / name).mkdir(parents=True, exist_ok=True)
        (path / "mnt/stand-disk").mkdir()
        run(
            "systemctl",
            "-q",
            "enable",
            "exordos-bootstrap",
            "exordos-universal-agent",
            "systemd-networkd",
        )
        run(
            "systemctl",
            "-q",
            "mask",
            "getty@tty1.service",
            "console-getty.service",
            "apt-daily.timer",
            "apt-daily-upgrade.timer",
            "systemd-networkd-wait-online.service",
        )
        progress.say("  dp_install.sh packages")
        run("bash", "/opt/exordos_mail/src/exordos/images/dp_install.sh", "packages")
        cache.remove(path / "opt/exordos_mail/src")
        run.finish()

    title = "node image, base layer (packages and Python environments)"
    return store.get("node-base", digest, title, build), digest


def _packages_part(script: str) -> str:
    """Return dp_install.sh without the part that only the top layer runs."""
    head, _, rest = script.partition("install_application() {")
    return head + rest.partition("\n}\n")[2]


def _snapshot(store: cache.Cache, tree: pathlib.Path) -> pathlib.Path:
    """Copy the part of a work tree that the image is made of.

    The hash is taken from the copy, so that an edit during a build does no harm.
    """
    root = store.root / "snapshots"
    root.mkdir(parents=True, exist_ok=True)
    target = pathlib.Path(tempfile.mkdtemp(dir=root))
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info", "*.pyc")
    for name in MAIL_SOURCES:
        source = tree / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=ignore)
        elif source.exists():
            (target / name).parent.mkdir(exist_ok=True)
            shutil.copy2(source, target / name)
    (target / "README.md").touch()
    return target


def _source(root: pathlib.Path, snapshot: pathlib.Path) -> None:
    """Put the sources where dp_install.sh expects them."""
    target = root / "opt/exordos_mail/src"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(snapshot, target)


def node(store: cache.Cache, tree: pathlib.Path = settings.REPO) -> pathlib.Path:
    """Return the root file system of a mail node, made from a work tree."""
    sources = _snapshot(store, tree)
    try:
        base, digest = _node_base(store, sources)
        digest = cache.key(digest, cache.tree(*sorted(sources.iterdir())))

        def build(path: pathlib.Path) -> None:
            copy(base, path)
            _source(path, sources)
            run = Builder(path, store.log("node"))
            script = "/opt/exordos_mail/src/exordos/images/dp_install.sh"
            run("bash", script, "application")
            run.finish()

        return store.get("node", digest, "node image, this work tree's layer", build)
    finally:
        cache.remove(sources)


def internet(store: cache.Cache, software: str) -> pathlib.Path:
    """Return the root file system of hosts of the fake internet.

    ``exim`` also holds the name servers.
    """
    lower, digest = debian(store)
    packages = INTERNET[software]
    digest = cache.key(digest, " ".join(packages))
    kind = f"internet-{software}"

    def build(path: pathlib.Path) -> None:
        copy(lower, path)
        policy = path / "usr/sbin/policy-rc.d"
        settings.write(policy, "#!/bin/sh\nexit 101\n", 0o755)
        run = Builder(path, store.log(kind))
        run("apt-get", "-q", "update")
        run("apt-get", "-qy", "install", "--no-install-recommends", *packages)
        run.finish()

    return store.get(kind, digest, f"fake internet: {' '.join(packages)}", build)


def prepare(store: cache.Cache) -> None:
    """Build every root file system."""
    node(store)
    for software in INTERNET:
        internet(store, software)


def size(path: pathlib.Path) -> str:
    """Return the size of a tree for a person."""
    return progress.run("du", "-shx", os.fspath(path)).stdout.split()[0]
