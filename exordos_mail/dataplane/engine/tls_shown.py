# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Which certificate a daemon shows for which names, where a name has one: pure."""

import dataclasses
import hashlib
import ssl
import typing as tp

from exordos_mail.dataplane.engine import tls_pairs

_END = "-----END CERTIFICATE-----"


@dataclasses.dataclass(frozen=True)
class Shown:
    """Names with one certificate.

    Attributes:
        names: each belongs to one certificate only.
        chain, key: PEM.
    """

    names: tuple[str, ...]
    chain: bytes
    key: bytes = dataclasses.field(repr=False)

    @property
    def digest(self) -> str:
        """The first 16 digits of the sha256 of both."""
        return hashlib.sha256(self.chain + self.key).hexdigest()[:16]

    @property
    def leaf(self) -> bytes:
        """The certificate itself, in DER."""
        begin, end, _ = self.chain.decode("ascii").partition(_END)
        return ssl.PEM_cert_to_DER_cert(begin + end)


def shown(
    choice: tls_pairs.Choice,
    own: tuple[str, ...],
    made_here: tp.Callable[[], tuple[bytes, bytes]],
) -> list[Shown]:
    """Return all that is shown; the first is for who names nothing that there is.

    Args:
        choice: the pairs that the platform gave.
        own: the server's own names, the first one first.
        made_here: returns the chain and the key that the node has made itself; asked
            if there is no other one for any of these names.
    """
    usual = choice.default(*own)
    names: dict[str, set[str]] = {}
    for name, pair in choice.by_name.items():
        names.setdefault(pair.uuid, set()).add(name)
    found = [
        Shown(tuple(sorted(names[one.uuid])), one.chain.encode(), one.key.encode())
        for one in choice.pairs
        if one != usual and one.uuid in names
    ]
    others = {name for one in found for name in one.names}
    first = [one for one in own if one not in others]
    if usual is None:
        return [Shown(tuple(first), *made_here()), *found]
    first += sorted(names[usual.uuid] - set(first))
    return [Shown(tuple(first), usual.chain.encode(), usual.key.encode()), *found]
