# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""unbound's files: pure, no clock, no disk, no randomness."""

import functools
import hashlib
import re

import jinja2

from exordos_mail.dataplane.engine import files, templates
from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.dataplane.services.resolver import paths as paths_lib

#: What exim has for /etc/resolv.conf (resolv.conf(5)). That answers say of themselves
#: that they are proved counts, since they come from this machine.
RESOLV_CONF = files.File(
    f"nameserver {paths_lib.ADDRESS}\noptions edns0 trust-ad\n".encode("ascii")
)
_IDENTITY = re.compile(rb'identity: "([0-9a-f]{32})"')
_MODE = 0o640


def configuration(
    resolver: spec_lib.ResolverSettings, paths: paths_lib.ResolverPaths
) -> files.File:
    """Return unbound's configuration, which tells its own revision."""
    revision = hashlib.sha256(_text(resolver, paths, "").encode("ascii")).hexdigest()
    return file(_text(resolver, paths, revision[:32]).encode("ascii"))


def file(content: bytes) -> files.File:
    """Return a configuration as a file: unbound reads it."""
    return files.File(content, group=paths_lib.USER, mode=_MODE)


def revision(conf: files.File) -> str:
    """Return what an unbound with this configuration says that it is; "" for none."""
    found = _IDENTITY.search(conf.content)
    return found[1].decode("ascii") if found else ""


def _text(
    resolver: spec_lib.ResolverSettings, paths: paths_lib.ResolverPaths, revision: str
) -> str:
    # Forwarders and anchors were checked with the payload (spec.py).
    return (
        _environment()
        .get_template("unbound.conf.j2")
        .render(
            address=paths_lib.ADDRESS,
            port=paths_lib.PORT,
            revision=revision,
            directory=paths.state_dir,
            root_key=paths.root_key,
            root_hints=paths.root_hints,
            forwarders=resolver.forwarders,
            anchors=resolver.anchors,
        )
    )


@functools.cache
def _environment() -> jinja2.Environment:
    return templates.environment(__package__, trim_blocks=True)
