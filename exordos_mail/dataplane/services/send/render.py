# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The files of the send service on a node, and exim's file that goes with them.

The secret is the one file that is made and not rendered: once, of 32 random
octets. It stays while it is there and looks like one.
"""

import os
import re
import secrets

from exordos_mail.dataplane.engine import files, send_login, service
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import spec as spec_lib

_MODE = 0o640
_DIRECTORY_MODE = 0o750
_SECRET_OCTETS = 32
_SECRET = re.compile(rb"[A-Za-z0-9_-]{43}\Z")


def at_start(spec: spec_lib.MailSpec, layout: layout_lib.Layout) -> files.Tree:
    """Return the files that the service reads when it starts, and only then."""
    networks = ",".join(spec.send_networks)
    environment = (
        f"EXORDOS_MAIL_SEND_NETWORKS={networks}\n"
        f"EXORDOS_MAIL_SEND_EHLO_NAME={spec.host}\n"
        f"EXORDOS_MAIL_SEND_PUBLIC_URL=https://{spec.host}\n"
    )
    return {
        layout.send_secret: files.Recipe("secret", lambda: _secret(layout)),
        layout.send_environment: files.Recipe.of(_file(layout, environment.encode())),
    }


def later(layout: layout_lib.Layout) -> files.Tree:
    """Return the files that may change under the running service.

    Raises:
        NotYet: the secret that they are made of is not there.
    """

    signature = files.signature(layout.disk(layout.send_secret))
    if signature is None:
        raise service.NotYet(f"the send service waits for {layout.send_secret}")

    def login() -> files.File:
        secret = layout.disk(layout.send_secret).read_bytes()
        return send_login.file(secret, layout)

    return {layout.send_cdb: files.Recipe(str(signature), login)}


def make_directory(layout: layout_lib.Layout) -> None:
    """Make the directory that these files are in, for the service to read."""
    gid, on_disk = layout.gid(layout.send_group), layout.disk(layout.send_dir)
    files.make_directory(on_disk, _DIRECTORY_MODE)
    if on_disk.stat().st_gid != gid:
        os.chown(on_disk, -1, gid)


def _secret(layout: layout_lib.Layout) -> files.File:
    try:
        found = layout.disk(layout.send_secret).read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        found = b""
    if not _SECRET.match(found):
        found = secrets.token_urlsafe(_SECRET_OCTETS).encode()
    return _file(layout, found)


def _file(layout: layout_lib.Layout, content: bytes) -> files.File:
    return files.File(content, group=layout.send_group, mode=_MODE)
