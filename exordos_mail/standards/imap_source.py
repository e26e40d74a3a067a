# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Rules of the server that a mailbox is moved from."""

import re

from exordos_mail.standards import rule

IMPLICIT, STARTTLS = "implicit", "starttls"
#: TLS from the first octet, or after STARTTLS; with the usual port of each.
PORTS = {IMPLICIT: 993, STARTTLS: 143}
PORT_RULE = "port 993 speaks TLS from the first octet (RFC 8314): tls is implicit there"

FOLDER_MAX = 255
FOLDER_RULE = (
    f"the name of a folder, 1 to {FOLDER_MAX} characters without control characters,"
    " its parts divided by /"
)
_FOLDER = re.compile(r"[^\x00-\x1f\x7f]+\Z")


def tls_of(port: object) -> str:
    """Return the TLS of a source that names its port only."""
    return STARTTLS if port == PORTS[STARTTLS] else IMPLICIT


def fits(port: int, tls: str) -> bool:
    """Tell whether a port can be spoken to so: 993 would wait for TLS for ever."""
    return port != PORTS[IMPLICIT] or tls == IMPLICIT


def check_folder(value: object) -> str:
    """Return `value` if it may be the name of a folder.

    Raises:
        RuleError: it may not.
    """
    if (
        not isinstance(value, str)
        or len(value) > FOLDER_MAX
        or not _FOLDER.match(value)
        or not value.isprintable()
    ):
        raise rule.RuleError(FOLDER_RULE)
    return value
