# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The root file system of judges of DKIM signatures: rspamd of Debian, mailauth of npm.

The third judge, dkimpy, is in the environments `dev` and `client`.
"""

import pathlib

from tests.stand import cache, node_packages, rootfs, settings

PACKAGES = ("rspamd",)
PROGRAMS = settings.REPO / "tests" / "rotation" / "programs"
#: What is not Debian's, seen from inside the root.
PLACE = "/opt/judges"


def root(store: cache.Cache) -> pathlib.Path:
    """Return the root file system, building it when it is missing."""
    lower, digest = rootfs.debian(store)
    title = "a judge of DKIM that is a library: mailauth"
    wanted = PROGRAMS / "package.json"
    fetched, libraries = node_packages.fetch(store, "mailauth", title, wanted)

    def build(path: pathlib.Path) -> None:
        rootfs.copy(lower, path)
        rootfs.copy(fetched, path / PLACE.lstrip("/"))
        policy = path / "usr/sbin/policy-rc.d"
        settings.write(policy, "#!/bin/sh\nexit 101\n", 0o755)
        run = rootfs.Builder(path, store.log("dkim"))
        run("apt-get", "-q", "update")
        run("apt-get", "-qy", "install", "--no-install-recommends", *PACKAGES)
        run.finish()

    digest = cache.key(digest, libraries, " ".join(PACKAGES))
    return store.get("dkim", digest, "judges of DKIM: rspamd, mailauth", build)
