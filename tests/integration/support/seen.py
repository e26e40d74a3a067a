# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A teller of facts that tells nobody and remembers."""

import typing as tp

from exordos_mail.dataplane.engine import observer


class Seen(observer.FactTeller):
    """Keeps the latest that is shown.

    Attributes:
        facts: by kind and key.
    """

    def __init__(self) -> None:
        super().__init__(None)
        self.facts: dict[str, dict[str, tp.Any]] = {}

    def show(
        self, kind: str, facts: tp.Mapping[str, tp.Mapping[str, tp.Any] | None]
    ) -> None:
        """Keep facts."""
        self.facts.setdefault(kind, {}).update(facts)
