# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The root file system of Cyrus, an IMAP server that mailboxes are moved from.

One of its own: Cyrus and Dovecot exclude each other in Debian.
"""

import pathlib

from tests.stand import cache, rootfs, settings

PACKAGES = ("cyrus-imapd", "sasl2-bin", "libsasl2-modules", "iproute2")


def build(store: cache.Cache) -> pathlib.Path:
    """Return the root file system, building it when it is missing."""
    lower, digest = rootfs.debian(store)

    def install(path: pathlib.Path) -> None:
        rootfs.copy(lower, path)
        policy = path / "usr/sbin/policy-rc.d"
        settings.write(policy, "#!/bin/sh\nexit 101\n", 0o755)
        run = rootfs.Builder(path, store.log("cyrus"))
        run("apt-get", "-q", "update")
        run("apt-get", "-qy", "install", "--no-install-recommends", *PACKAGES)
        run.finish()

    digest = cache.key(digest, " ".join(PACKAGES))
    return store.get("cyrus", digest, "Cyrus, an IMAP server", install)
