# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""TSIG keys (RFC 8945) of the signed internet."""

import base64
import dataclasses
import os

import dns.name
import dns.tsig


@dataclasses.dataclass(frozen=True)
class Key:
    """A key that lets its holder change zones."""

    name: str
    secret: str
    algorithm: str = "hmac-sha256"

    @classmethod
    def new(cls, name: str) -> "Key":
        """Make a key."""
        return cls(name, base64.b64encode(os.urandom(32)).decode())

    def of_dnspython(self) -> dns.tsig.Key:
        """Return it as dnspython signs with it."""
        return dns.tsig.Key(dns.name.from_text(self.name), self.secret, self.algorithm)

    def file(self) -> str:
        """Return it as `tsig-keygen` and `nsupdate -k` have it."""
        return (
            f'key "{self.name}" {{\n\talgorithm {self.algorithm};\n'
            f'\tsecret "{self.secret}";\n}};\n'
        )

    def for_knot(self) -> str:
        """Return it in the form of knot.conf."""
        lines = (f"  - id: {self.name}", f"    algorithm: {self.algorithm}")
        return "\n".join((*lines, f"    secret: {self.secret}\n"))
