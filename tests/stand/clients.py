# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The root file system of the mail clients that tests/clients drives.

Debian with the clients that it has, those of PyPI and npm in versions of our own
choice, and our small programs around the libraries, compiled. The compilers are
removed again: they are half of it.
"""

import os
import pathlib
import shutil

from tests.stand import cache, node_packages, rootfs, settings

PACKAGES = (
    # swaks needs the two libraries of Perl for TLS and for AUTH.
    "swaks",
    "libnet-ssleay-perl",
    "libauthen-sasl-perl",
    "msmtp",
    "curl",
    "mutt",
    "s-nail",
    "libphp-phpmailer",
    "php-cli",
    "libmail-java",
    "default-jre-headless",
)
COMPILERS = ("default-jdk-headless", "golang-go")
PROGRAMS = settings.REPO / "tests" / "clients" / "programs"
#: What is not Debian's, seen from inside the root.
PLACE = "/opt/clients"
JAVA_CLASSES = "/usr/share/java/javax.mail.jar:/usr/share/java/javax.activation.jar"
SCRIPT = settings.FILES / "client.sh"


def root(store: cache.Cache) -> pathlib.Path:
    """Return the root file system of the clients, building what is missing."""
    lower, debian = rootfs.debian(store)
    fetched, digest = _libraries(store)
    sources = [PROGRAMS / "Send.java", PROGRAMS / "send.go"]
    packages = " ".join(PACKAGES + COMPILERS)
    digest = cache.key(debian, digest, packages, cache.tree(*sources))

    def build(path: pathlib.Path) -> None:
        rootfs.copy(lower, path)
        rootfs.copy(fetched, path / PLACE.lstrip("/"))
        run = rootfs.Builder(path, store.log("clients"))
        run("apt-get", "-q", "update")
        install = ("apt-get", "-qy", "install", "--no-install-recommends")
        run(*install, *PACKAGES, *COMPILERS)
        _compile(path, run)
        run("apt-get", "-qy", "purge", "--auto-remove", *COMPILERS)
        run.finish()

    title = "mail clients of Debian, PyPI and npm, and our programs around them"
    return store.get("clients", digest, title, build)


def _libraries(store: cache.Cache) -> tuple[pathlib.Path, str]:
    """Return the directory of what comes from PyPI and npm, and its key."""
    title = "mail clients that are libraries: aiosmtplib, nodemailer"
    wanted = PROGRAMS / "package.json"
    return node_packages.fetch(store, "client-libraries", title, wanted, "aiosmtplib")


def _compile(root: pathlib.Path, run: rootfs.Builder) -> None:
    place = root / PLACE.lstrip("/")
    for name in ("Send.java", "send.go"):
        shutil.copy(PROGRAMS / name, place)
    java = ("javac", "-encoding", "UTF-8", "-cp", JAVA_CLASSES)
    run(*java, "-d", f"{PLACE}/java", f"{PLACE}/Send.java")
    go = ("env", "CGO_ENABLED=0", "GO111MODULE=off", "go", "build")
    run(*go, "-o", f"{PLACE}/send-go", f"{PLACE}/send.go")


def command(root: pathlib.Path, job: pathlib.Path, name: str, *argv: str) -> list[str]:
    """Return the command that runs ``argv`` with the clients.

    Args:
        root: the root file system of the clients.
        job: a directory that the command sees as /job, its own place.
        name: the machine's name; any text of at most 64 octets.
        argv: the command; /programs are our programs.
    """
    unshare = ("unshare", "--mount", "--uts", "--propagation", "private")
    place = (os.fspath(root), os.fspath(PROGRAMS), os.fspath(job))
    return [*unshare, "bash", os.fspath(SCRIPT), *place, name, *argv]
