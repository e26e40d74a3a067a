# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The address at which everybody reaches the service."""

import re

#: Characters at the most: with a link behind it, it has to fit into one line.
URL_MAX = 255
RULE = (
    "write https://host, with a port and a path if needed, in ASCII, of at most"
    f" {URL_MAX} characters"
)
# RFC 8058 section 3.1: https only.
_URL = re.compile(
    r"https://(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
    r"(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~-]+)*/?"
)


def check(text: str) -> str:
    """Return an address without a slash at its end.

    Raises:
        ValueError: see RULE.
    """
    if len(text) > URL_MAX or not _URL.fullmatch(text):
        raise ValueError(RULE)
    return text.rstrip("/")
