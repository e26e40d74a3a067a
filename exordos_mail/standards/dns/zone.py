# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Records as text of a zone file (RFC 1035 section 5), for people to paste."""

import typing as tp

from exordos_mail.standards.dns import text
from exordos_mail.standards.dns.record import Record


def line(record: Record) -> str:
    """Return a record as one line: names with their last dot, texts in strings."""
    value = text.quoted(record.value) if record.type == "TXT" else record.value
    return f"{record.name}. {record.ttl} IN {record.type} {value}"


def snippet(domain: str, records: tp.Iterable[Record]) -> str:
    """Return all records of a domain as text that fits into any zone file.

    Names are absolute, so it does not matter what the origin of the file is.
    """
    lines = [f"; mail records of {domain}; names end with a dot: they are complete"]
    for record in records:
        advised = "" if record.required else " (advised)"
        lines += [f"; {record.purpose}{advised}", line(record)]
    return "\n".join(lines) + "\n"
