# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Which certificates Dovecot shows: the platform's, and the node's own."""

import dataclasses
import pathlib
import typing as tp

from exordos_mail.dataplane.engine import certificate, files, tls_pairs, tls_shown
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.services.dovecot import paths as paths_lib
from exordos_mail.dataplane.services.dovecot import render

#: Names, and the certificates that are shown for them, in DER.
Proof = tp.Sequence[tuple[str, bytes]]
# One reload takes all of them: the usual one and some others prove it.
_PROVED = 8


@dataclasses.dataclass(frozen=True)
class Sites:
    """What is shown.

    Attributes:
        shown: the first one is for who asks for a name that there is not.
        other: the same in RSA, where the node has made it itself.
    """

    shown: tuple[tls_shown.Shown, ...]
    other: tls_shown.Shown | None = None

    def files(
        self, names: render.HostNames, paths: paths_lib.DovecotPaths
    ) -> dict[str, files.File]:
        """Return the configuration that shows them, and their files."""
        others = (self.other,) if self.other else ()
        configuration = render.configuration(
            _sites(self.shown), _sites(others), names, paths
        )
        return {
            **render.certificates((*self.shown, *others), paths),
            **configuration,
        }

    @property
    def proof(self) -> Proof:
        """Certificates that prove the configuration."""
        return [(one.names[0], one.leaf) for one in self.shown[:_PROVED] if one.names]


def of(
    choice: tls_pairs.Choice, state: payload_lib.Payload, layout: layout_lib.Layout
) -> Sites:
    """Return what is shown of a choice.

    Args:
        choice: the pairs that the platform gave.
        state: knows the node's names.
        layout: where the pairs are that the node has made itself.

    Raises:
        FileNotFoundError: it has none, and needs them.
    """
    own, pairs = tls_pairs.own_names(state.spec), certificate.pairs(layout)
    read = [
        lambda one=one: (_read(layout, one.certificate), _read(layout, one.key))
        for one in pairs
    ]
    shown = tuple(tls_shown.shown(choice, own, read[0]))
    if choice.default(*own) is not None:
        return Sites(shown)
    return Sites(shown, tls_shown.Shown(shown[0].names, *read[1]()))


def _sites(found: tp.Iterable[tls_shown.Shown]) -> tuple[render.TlsSite, ...]:
    return tuple(render.TlsSite(one.names, one.digest) for one in found)


def _read(layout: layout_lib.Layout, path: str) -> bytes:
    found: pathlib.Path = layout.disk(path)
    return found.read_bytes()
