# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Rules of the send service's tenants.

The control plane and the service hold them alike, so what the one has taken the
other does not refuse.
"""

import re
import typing as tp
import urllib.parse

from exordos_mail.standards import rule

#: Id of a tenant or a relay of the service: also a part of paths.
ID_PATTERN = r"[a-z0-9][a-z0-9._-]{0,62}\Z"
ID_MAX = 63
ID_RULE = (
    "1 to 63 of the characters a-z 0-9 . _ - in lower case,"
    " of which the first is a letter or a digit"
)
#: Longest name of a tenant in characters.
NAME_MAX = 128

URL_PATTERN = r"https?://[!-~]+\Z"
URL_MAX = 2000
#: Ports of web servers that are reached.
WEB_PORTS = frozenset({80, 443, 8080, 8443})
URL_RULE = (
    f"an http:// or https:// URL of at most {URL_MAX} visible ASCII characters, with a"
    " host, without a user in it, on port 80, 443, 8080 or 8443"
)

_ID = re.compile(ID_PATTERN)
_URL = re.compile(URL_PATTERN)


def check_id(value: object) -> str:
    """Return `value` if it may be the id of a tenant or a relay.

    Raises:
        RuleError: it may not.
    """
    if not isinstance(value, str) or not _ID.match(value):
        raise rule.RuleError(ID_RULE)
    return value


def check_url(value: object) -> str:
    """Return `value` if it may be the address of a tenant's web server.

    As far as the text alone tells: the service looks again at what it stands for.

    Raises:
        RuleError: it may not.
    """
    if (
        not isinstance(value, str)
        or len(value) > URL_MAX
        or not _URL.match(value)
        or "\\" in value
        or not _has_plain_authority(value)
    ):
        raise rule.RuleError(URL_RULE)
    return value


def _has_plain_authority(url: str) -> bool:
    try:
        parts = urllib.parse.urlsplit(url)
        port: tp.Final = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    return (
        host != ""
        and "@" not in parts.netloc
        and all(0 < len(label) <= 63 for label in host.removesuffix(".").split("."))
        and (port is None or port in WEB_PORTS)
    )
