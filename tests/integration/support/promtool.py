# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Prometheus's own checker of rules, out of Debian's package.

The package is unpacked and not installed: it would bring a service.
"""

import pathlib
import shutil
import subprocess

from tests.stand import cache, settings

_PACKAGE = "prometheus"


def run(*arguments: object) -> str:
    """Return what promtool prints when it finds nothing wrong.

    Raises:
        AssertionError: it does; the text is its own.
    """
    done = subprocess.run(
        [_program(), *map(str, arguments)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _program() -> pathlib.Path:
    installed = shutil.which("promtool")
    if installed is not None:
        return pathlib.Path(installed)
    store = cache.Cache(settings.Settings.load().cache)
    unpacked = store.get(_PACKAGE, cache.key("1"), "Debian's promtool", _unpack)
    return unpacked / "usr/bin/promtool"


def _unpack(path: pathlib.Path) -> None:
    path.mkdir(parents=True)
    for command in (
        ["apt-get", "-q", "update"],
        ["apt-get", "-q", "download", _PACKAGE],
    ):
        subprocess.run(command, check=True, capture_output=True, cwd=path)
    (package,) = path.glob("*.deb")
    subprocess.run(["dpkg", "-x", package, path], check=True)
    package.unlink()
