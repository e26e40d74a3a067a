# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Whose message it is that the send service hands to the node's own exim.

It stands in the envelope, as the parameter AUTH of MAIL (RFC 4954 section 5): exim
writes it to its log, and what becomes of the message is found again by it, whatever
headers the message has.
"""

import re
import typing as tp

# Reserved (RFC 2606): it is no address of anybody.
_DOMAIN = "send.invalid"
_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_FORM = re.compile(rf"({_ID})\.([a-z0-9][a-z0-9._-]{{0,63}})@{re.escape(_DOMAIN)}\Z")


class Submitter(tp.NamedTuple):
    """A message of a tenant of the send service."""

    message_id: str
    tenant_id: str

    def __str__(self) -> str:
        """Return it as a mailbox without anything that xtext would encode."""
        return f"{self.message_id}.{self.tenant_id}@{_DOMAIN}"


def read(text: str) -> Submitter | None:
    """Return what a text names; None: it is none of ours."""
    found = _FORM.match(text)
    return None if found is None else Submitter(found[1], found[2])
