# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How mail leaves an instance, as its node gets it, with the password in plain.

A tag tells whether anything has changed: it is made of what the row holds, so of the
password's envelope, and says nothing of the password.
"""

import typing as tp

from exordos_mail.controlplane import sealed_box
from exordos_mail.controlplane.dm import models
from exordos_mail.controlplane.documents import collection
from exordos_mail.protocol import documents

# By the name of the document's member; a column of the instance.
_COLUMNS = {
    "smarthost": "smarthost",
    "port": "smarthost_port",
    "tls": "smarthost_tls",
    "username": "smarthost_username",
    "password": "smarthost_password",
    "family": "outbound_family",
    "address": "outbound_address",
    "return_path": "outbound_return_path",
}
_SAID = """
uuid = %s AND (
    smarthost IS NOT NULL OR outbound_family <> 'any' OR outbound_address IS NOT NULL
    OR outbound_return_path <> 'sender'
)
"""
_TAG = f"""
SELECT md5(ROW({", ".join(_COLUMNS.values())})::text)::uuid::text AS tag
FROM mail_instances WHERE {_SAID}
"""  # noqa: S608 our own names
_ROW = f"""
SELECT {", ".join(f"{column} AS {name}" for name, column in _COLUMNS.items())}
FROM mail_instances WHERE {_SAID}
"""  # noqa: S608 our own names

_BUCKET = "0"


class Outbound:
    """One bucket with one document; none where nothing is said."""

    name = "outbound"

    def digests(self, view: collection.View) -> dict[str, str]:
        """Return the tag."""
        found = view.rows(_TAG)
        return {_BUCKET: found[0]["tag"]} if found else {}

    def texts(
        self, view: collection.View, buckets: tp.Collection[str]
    ) -> collection.Texts:
        """Return the document.

        Raises:
            keyring.KeyringError: the password cannot be opened.
        """
        found = view.rows(_ROW) if _BUCKET in buckets else []
        if not found:
            return collection.Texts({})
        document = {self.name: _opened(dict(found[0]), view)}
        return collection.Texts({_BUCKET: documents.text(document)})


def _opened(row: dict[str, tp.Any], view: collection.View) -> dict[str, tp.Any]:
    sealed = row["password"]
    if sealed is None:
        return row
    bound_to = models.MailInstance.envelope_row(view.instance)
    return {**row, "password": sealed_box.open_(sealed, bound_to, view.keys)}
