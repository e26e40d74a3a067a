# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How the mail server knows the node's send service: the one file between the two."""

import hashlib

from exordos_mail import constants as c
from exordos_mail.dataplane.engine import cdb, files
from exordos_mail.dataplane.engine import layout as layout_lib

_MODE = 0o640


def file(secret: bytes, layout: layout_lib.Layout) -> files.File:
    """Return the lookup file: the login with a digest of its secret."""
    digest = hashlib.sha256(secret).hexdigest()
    row = (c.SEND_SMTP_USER.encode("ascii"), digest.encode("ascii"))
    return files.File(cdb.dumps([row]), group=layout.exim_group, mode=_MODE)
