# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Dovecot's configuration: pure, no clock, no disk, no randomness."""

import dataclasses
import functools
import hashlib
import re
import typing as tp

import jinja2

from exordos_mail import constants as c
from exordos_mail.dataplane.engine import files, templates, tls_shown
from exordos_mail.dataplane.services.dovecot import paths as paths_lib
from exordos_mail.protocol import documents
from exordos_mail.standards import address

_MODE = 0o640
_PROGRAM_MODE = 0o750
_REVISION = re.compile(rb" revision=([0-9a-f]{16})\n")
#: Folders that each mailbox has, and what they are for (RFC 6154).
FOLDERS = {
    "Drafts": "Drafts",
    "Junk": "Junk",
    "Sent": "Sent",
    "Trash": "Trash",
    "Archive": "Archive",
}
# Services that nobody starts; without root, Dovecot refuses their chroot all the same.
_UNUSED = ("imap-urlauth-login", "submission-login", "director", "ipc", "old-stats")
# Sockets that everybody or the group could open, which exim is in.
_PRIVATE = (
    ("dict", "dict"),
    ("dict-async", "dict-async"),
    ("dns-client", "dns-client"),
    ("imap-hibernate", "imap-hibernate"),
    ("imap-urlauth-login", "imap-urlauth"),
    ("indexer", "indexer"),
)


@dataclasses.dataclass(frozen=True)
class HostNames:
    """The instance's own names: what mail programs connect to, and its first domain.

    Raises:
        AddressPartError: one is not a domain.
    """

    hostname: str
    domain: str

    def __post_init__(self) -> None:
        for name in (self.hostname, self.domain):
            address.check_domain(name)


@dataclasses.dataclass(frozen=True)
class TlsSite:
    """Names with one certificate; the digest of certificate and key names the files.

    What a running Dovecot has read stays in place until it has read the next one.

    Raises:
        AddressPartError: a name is not a domain.
    """

    names: tuple[str, ...]
    digest: str

    def __post_init__(self) -> None:
        for name in self.names:
            address.check_domain(name)

    def certificate(self, paths: paths_lib.DovecotPaths) -> str:
        """Return the path of the certificate, PEM."""
        return f"{paths.tls_dir}/{self.digest}.pem"

    def key(self, paths: paths_lib.DovecotPaths) -> str:
        """Return the path of its private key, PEM."""
        return f"{paths.tls_dir}/{self.digest}.key"


def certificates(
    found: tp.Iterable[tls_shown.Shown], paths: paths_lib.DovecotPaths
) -> dict[str, files.File]:
    """Return the files of certificates and their keys."""
    made = {}
    for one in found:
        site = TlsSite(one.names, one.digest)
        made[site.certificate(paths)] = file(one.chain)
        made[site.key(paths)] = _secret(one.key)
    return made


@functools.lru_cache(maxsize=16)
def configuration(
    sites: tuple[TlsSite, ...],
    others: tuple[TlsSite, ...],
    names: HostNames,
    paths: paths_lib.DovecotPaths,
) -> dict[str, files.File]:
    """Return Dovecot's configuration by paths; the file of it carries its revision.

    Args:
        sites: the first one is what is shown to a client that names none that there is.
        others: one more for these clients, of another kind of key; () for none.
        names: the instance's.
        paths: of all files.
    """
    script = file(_encoded("accounts.lua.j2", paths=paths, buckets=documents.COUNT))
    program, once = _kept_once(paths)
    program_path, once_path = paths.is_there(program.digest), paths.once(once.digest)
    script_path = paths.script(script.digest)
    values = {
        "default": sites[0],
        "other": next(iter(others), None),
        "named": [(name, one) for one in sites[1:] for name in one.names],
        "names": names,
        "paths": paths,
        "user": paths_lib.USER,
        "loopback": paths_lib.LOOPBACK,
        "script": script_path,
        "once": once_path,
        "folders": FOLDERS,
        "submission_port": c.SIEVE_SMTP_PORT,
        "unused": _UNUSED,
        "private": _PRIVATE,
    }
    draft = _text("dovecot.conf.j2", revision="0", **values)
    digest = hashlib.sha256(draft.encode()).hexdigest()[:16]
    whole = _text("dovecot.conf.j2", revision=digest, **values)
    return {
        script_path: script,
        program_path: program,
        once_path: once,
        paths.conf: file(whole.encode("ascii")),
    }


def _kept_once(paths: paths_lib.DovecotPaths) -> tuple[files.File, files.File]:
    """Return the program that looks for a message, and the script that asks it."""
    values = {"paths": paths, "header": c.DELIVERY_HEADER}
    text = _encoded("is_there.sh.j2", **values)
    program = files.File(text, group=paths_lib.USER, mode=_PROGRAM_MODE)
    name = paths.is_there(program.digest).rpartition("/")[2]
    return program, file(_encoded("once.sieve.j2", program=name, **values))


def revision(conf: files.File) -> str:
    """Return the revision that a Dovecot with this configuration tells; "": none."""
    found = _REVISION.search(conf.content)
    return found[1].decode("ascii") if found else ""


def file(content: bytes) -> files.File:
    """Return a file that Dovecot may read, and its group."""
    return files.File(content, group=paths_lib.USER, mode=_MODE)


def _secret(content: bytes) -> files.File:
    """Return one that not even the group may read: exim is in it."""
    return files.File(content, owner=paths_lib.USER, mode=0o400)


def _encoded(template: str, **values: tp.Any) -> bytes:
    return _text(template, **values).encode("ascii")


def _text(template: str, **values: tp.Any) -> str:
    return _environment().get_template(template).render(**values)


@functools.cache
def _environment() -> jinja2.Environment:
    return templates.environment(__package__, trim_blocks=True)
