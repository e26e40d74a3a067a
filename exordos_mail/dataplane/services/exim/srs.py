# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The key of rewritten senders (SRS), with which mail is forwarded to elsewhere.

The next host asks the DNS whether we may send for the domain of the sender (SPF), so
mail that an alias sends on has a sender of ours: SRS0=<mac>=<day>=<domain>=<name>. A
bounce to one comes back here and goes to who it names, for ten days (exim's
specification, "SRS"). Who has no key makes none that is taken.

    <state>/srs.json        {"key": 64 hexadecimal digits}, made once
    lookups/srs.cdb         key -> the same, for exim
"""

import re
import secrets

from exordos_mail.dataplane.engine import cdb, files, heads
from exordos_mail.dataplane.engine import layout as layout_lib

_KEY = re.compile(r"[0-9a-f]{64}\Z")
_MODE = 0o640


def ensure(layout: layout_lib.Layout) -> None:
    """Make the key if there is none."""
    if not _key(layout):
        heads.make_directory(layout)
        made = heads.json_file({"key": secrets.token_hex(32)})
        files.write(layout, layout.srs_key, made)


def tree(layout: layout_lib.Layout) -> files.Tree:
    """Return exim's file; without a key it is empty, and nothing is rewritten."""
    key = _key(layout)
    rows = [(b"key", key.encode("ascii"))] if key else []
    file = files.File(cdb.dumps(rows), group=layout.exim_group, mode=_MODE)
    return {layout.srs_cdb: files.Recipe.of(file)}


def _key(layout: layout_lib.Layout) -> str:
    value = heads.load_json(layout, layout.srs_key)
    key = value.get("key") if isinstance(value, dict) else None
    return key if isinstance(key, str) and _KEY.match(key) else ""
