# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A DNS record, as it is wanted."""

import dataclasses

#: What records are for; texts for people are in docs/reference/dns.md.
PURPOSES = (
    "proof",
    "spf",
    "dkim",
    "dmarc",
    "host",
    "ptr",
    "blocklist",
    "mx",
    "tlsa",
    "srv",
    "mta_sts",
    "web",
    "tls_rpt",
)

#: Purpose of a record that proves a name to an authority of certificates (RFC 8555
#: section 8.4). It comes and goes by itself and is not among those that are wanted.
CHALLENGE = "acme"

#: Types of the records, as RFC 1035 and its successors call them.
TYPES = ("A", "AAAA", "CNAME", "MX", "PTR", "SRV", "TLSA", "TXT")

#: How long others may keep a record, in seconds.
TTL = 3600


@dataclasses.dataclass(frozen=True)
class Record:
    """One record.

    Attributes:
        name: owner name in lower case, without the last dot.
        type: one of TYPES.
        value: of TXT the text as a whole, ASCII without quotes; of the others the
            form of a zone file, host names with their last dot.
        purpose: one of PURPOSES, or CHALLENGE.
        required: mail suffers without it; else it is advised.
        ttl: seconds.
    """

    name: str
    type: str
    value: str
    purpose: str
    required: bool
    ttl: int = TTL


def is_below(name: str, domain: str) -> bool:
    """Tell whether a name is a domain itself or below it."""
    return name == domain or name.endswith("." + domain)
