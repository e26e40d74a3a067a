# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How much is measured."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Options:
    """Sizes; the defaults are those of the goals."""

    #: Probes of a latency.
    samples: int = 100
    #: Messages that wait where many do.
    queued: int = 100_000
    #: Kills on each database.
    kills: int = 100
    #: Times that each input is sent whose reading could keep others waiting.
    tries: int = 20
