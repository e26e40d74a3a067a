# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The root file system of programs that read mailboxes.

Debian's, IMAPClient of PyPI, imapflow of npm, and a stock Dovecot: what the judges say
of it is known, so that it judges the judges (trial.py).
"""

import pathlib

from tests.stand import cache, node_packages, rootfs, settings

PACKAGES = (
    "isync",
    "offlineimap3",
    "fetchmail",
    "mpop",
    "neomutt",
    "sieve-connect",
    # They judge nothing: they are judged.
    "dovecot-imapd",
    "dovecot-pop3d",
    "dovecot-lmtpd",
    "dovecot-managesieved",
)
CONSTRAINTS = settings.REPO / "constraints" / "mailboxes.txt"
PROGRAMS = pathlib.Path(__file__).with_name("programs")
#: What is not Debian's, seen from inside the root.
PLACE = "/opt/judges"


def build(store: cache.Cache) -> pathlib.Path:
    """Return the root file system, building it when it is missing."""
    lower, digest = rootfs.debian(store)
    fetched, libraries = _libraries(store)

    def install(path: pathlib.Path) -> None:
        rootfs.copy(lower, path)
        rootfs.copy(fetched, path / PLACE.lstrip("/"))
        policy = path / "usr/sbin/policy-rc.d"
        settings.write(policy, "#!/bin/sh\nexit 101\n", 0o755)
        run = rootfs.Builder(path, store.log("mailboxes"))
        run("apt-get", "-q", "update")
        run("apt-get", "-qy", "install", "--no-install-recommends", *PACKAGES)
        run.finish()

    digest = cache.key(digest, libraries, " ".join(PACKAGES))
    return store.get("mailboxes", digest, "programs that read mailboxes", install)


def _libraries(store: cache.Cache) -> tuple[pathlib.Path, str]:
    """Return the directory of what comes from PyPI and npm, and its key."""
    title = "readers of mailboxes that are libraries: IMAPClient, imapflow"
    wanted = PROGRAMS / "package.json"
    return node_packages.fetch(
        store,
        "readers",
        title,
        wanted,
        "imapclient",
        "managesieve",
        constraints=CONSTRAINTS,
    )
