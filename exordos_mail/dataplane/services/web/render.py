# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""nginx's files: pure, no clock, no disk, no randomness."""

import dataclasses
import functools
import hashlib
import re
import typing as tp

import jinja2

from exordos_mail.dataplane.engine import files, templates
from exordos_mail.dataplane.services.web import paths as paths_lib
from exordos_mail.dataplane.services.web import problems
from exordos_mail.dataplane.services.web.clients import answers, offered
from exordos_mail.send import limits

_MODE = 0o640
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?\Z")


@dataclasses.dataclass(frozen=True)
class Site:
    """Names with one certificate.

    `digest` is that of certificate and key: another one is another configuration, so
    the running nginx shows which it has read.
    """

    names: tuple[str, ...]
    digest: str

    def __post_init__(self) -> None:
        for name in self.names:
            _check(name)

    def certificate(self, paths: paths_lib.Paths) -> str:
        """Return the path of the certificate, PEM."""
        return f"{paths.tls_dir}/{self.names[0]}/cert.pem"

    def key(self, paths: paths_lib.Paths) -> str:
        """Return the path of its private key, PEM."""
        return f"{paths.tls_dir}/{self.names[0]}/key.pem"


@dataclasses.dataclass(frozen=True)
class Names:
    """What mail programs connect to, the first domain, and whether they read mail.

    Raises:
        ValueError: one is not a plain host name.
    """

    hostname: str
    domain: str
    mailboxes: bool = False

    def __post_init__(self) -> None:
        for name in (self.hostname, self.domain):
            _check(name)


@functools.lru_cache(maxsize=16)
def configuration(
    sites: tuple[Site, ...],
    names: Names,
    send_socket: str,
    paths: paths_lib.Paths,
) -> dict[str, files.File]:
    """Return nginx's configuration by paths; the file of it carries its revision.

    Args:
        sites: the first one is what is shown to a client that names none that there is.
        names: the instance's.
        send_socket: where the send service is; "" for none.
        paths: of all files.
    """
    values = {
        "sites": sites,
        "hostname": names.hostname,
        "domain": names.domain,
        "answers": answers.answers(offered.settings(names.hostname, names.mailboxes)),
        "local": answers.LOCAL,
        "mail_domain": answers.DOMAIN,
        "send_socket": send_socket,
        "paths": paths,
        "body_max": f"{problems.BODY_MAX >> 20}m",
    }
    part = _text("problems.conf.j2", problems=problems.ALL)
    draft = part + _text("nginx.conf.j2", revision="0", **values)
    digest = hashlib.sha256(draft.encode()).hexdigest()[:16]
    whole = _text("nginx.conf.j2", revision=digest, **values)
    return {
        paths.problems: file(part.encode("ascii")),
        paths.conf: file(whole.encode("ascii")),
    }


def revision(conf: files.File) -> str:
    """Return the revision that an nginx with this configuration tells."""
    return conf.content.partition(b'return 200 "')[2][:16].decode("ascii", "replace")


def file(content: bytes) -> files.File:
    """Return a file that nginx may read, and its group."""
    return files.File(content, group=paths_lib.USER, mode=_MODE)


def secret(content: bytes) -> files.File:
    """Return one that even nginx's group may not read: the send service is in it."""
    return files.File(content, owner=paths_lib.USER, mode=0o400)


def _check(name: str) -> None:
    if not _NAME.match(name):
        raise ValueError("a name of the web server is not a plain host name")


def _text(template: str, **values: tp.Any) -> str:
    return _environment().get_template(template).render(limits=limits, **values)


@functools.cache
def _environment() -> jinja2.Environment:
    return templates.environment(
        __package__, ("<<", ">>"), trim_blocks=True, lstrip_blocks=True
    )
