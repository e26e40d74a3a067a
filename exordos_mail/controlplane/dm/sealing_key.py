# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""The public keys that secrets of users are sealed to (controlplane/sealed_box.py).

Written by the process that has the key file, read by those that have it not.
"""

import base64
import typing as tp

from restalchemy.storage.sql import engines

from exordos_mail.controlplane import sealed_box

# A key that is current again, as after a restored key file, becomes the newest.
_PUBLISH = """
INSERT INTO mail_sealing_keys (key_id, public_key, created_at)
VALUES (%s, %s, clock_timestamp() AT TIME ZONE 'utc')
ON CONFLICT (key_id) DO UPDATE
SET public_key = excluded.public_key, created_at = excluded.created_at
"""

_NEWEST = """
SELECT key_id, public_key FROM mail_sealing_keys ORDER BY created_at DESC LIMIT 1
"""


def newest(session: tp.Any = None) -> sealed_box.PublicKey | None:
    """Return the key to seal to; None: none has been published yet."""
    with engines.engine_factory.get_engine().session_manager(session=session) as s:
        row = s.execute(_NEWEST, ()).fetchone()
    if row is None:
        return None
    return sealed_box.PublicKey(row["key_id"], base64.b64decode(row["public_key"]))


def publish(key: sealed_box.PublicKey, session: tp.Any = None) -> bool:
    """Make a key the one to seal to; tell whether it was not before."""
    with engines.engine_factory.get_engine().session_manager(session=session) as s:
        if newest(s) == key:
            return False
        text = base64.b64encode(key.octets).decode("ascii")
        s.execute(_PUBLISH, (key.key_id, text))
    return True
