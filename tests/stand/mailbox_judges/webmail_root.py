# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The root file system of Roundcube, the webmail of Debian."""

import pathlib

from tests.stand import cache, rootfs

PACKAGES = ("roundcube-core", "roundcube-sqlite3", "php-cli")


def build(store: cache.Cache) -> pathlib.Path:
    """Return the root file system, building it when it is missing."""
    lower, digest = rootfs.debian(store)

    def install(path: pathlib.Path) -> None:
        rootfs.copy(lower, path)
        run = rootfs.Builder(path, store.log("webmail"))
        run("apt-get", "-q", "update")
        run("apt-get", "-qy", "install", "--no-install-recommends", *PACKAGES)
        run.finish()

    digest = cache.key(digest, " ".join(PACKAGES))
    return store.get("webmail", digest, "Roundcube, a webmail", install)
