# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Addresses of servers, as a user gives them."""

import urllib.parse


def parts(given: str) -> urllib.parse.SplitResult | None:
    """Return the parts of http(s)://host[:port][/path]; None: it is none.

    It has no user, and nothing after the path.
    """
    try:
        found = urllib.parse.urlsplit(given)
        good = found.hostname and found.scheme in ("http", "https")
        known = "@" not in found.netloc and found.port != 0
    except ValueError:
        return None
    if not good or not known or found.query or found.fragment:
        return None
    return found
