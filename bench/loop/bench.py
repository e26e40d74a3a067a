# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the rows of the table share: the stand, one instance, idle counters."""

import functools
import sys
import time
import typing as tp

from bench.loop import api as api_lib
from bench.loop import instance as instance_lib
from bench.loop import platform, table

IDLE = 60.0  # seconds
# The platform's loops have a period of 3 s, ours of less.
PHASE = 3.0


class NotMeasurable(Exception):
    """This version of the plugin has nothing to measure; one line of text."""


class Row(tp.Protocol):
    """A row of the table."""

    @property
    def name(self) -> str:
        """How it is chosen on the command line."""

    @property
    def accounts(self) -> int | None:
        """Accounts that the common instance must have; None: it does without."""

    def measure(self, bench: "Bench") -> tp.Iterator[table.Figure]:
        """Yield the figures, each when it is known.

        Raises:
            NotMeasurable: see there.
        """


class Bench:
    """A stand at work.

    Args:
        samples: how many samples a figure is made of.
        nodes: how many nodes the farm has.
    """

    def __init__(self, samples: int, nodes: int) -> None:
        self.samples = samples
        self.nodes = nodes
        self.platform = platform.Platform()
        self.api = api_lib.Api()
        self._idle: dict[int, platform.Counters] = {}

    @functools.cached_property
    def instance(self) -> instance_lib.Instance:
        """The common instance, made when it is first asked for."""
        say("an instance is made")
        return instance_lib.Instance.ready(self.api, self.platform.mail)

    @functools.cached_property
    def node(self) -> platform.Node:
        """The node of the common instance."""
        return self.platform.node(self.instance.host)

    @functools.cached_property
    def empty(self) -> platform.Counters:
        """How the counters grow without any instance: asked for first."""
        say(f"the platform idles without an instance, {IDLE:.0f} s")
        return self.platform.growth(IDLE)

    def close(self) -> None:
        """Delete the common instance, if there is one."""
        if "instance" in self.__dict__:
            instance_lib.delete(self.api, self.instance.uuid)

    def fill(self, accounts: int) -> None:
        """Have at least so many accounts in the common instance, and all applied."""
        say(f"{accounts} accounts")
        took = self.instance.fill(accounts)
        say(f"  applied after {took:.1f} s")

    def idle(self, accounts: int) -> platform.Counters:
        """Return how the counters grow with so many accounts and no change."""
        if accounts not in self._idle:
            self.fill(accounts)
            say(f"the platform idles with {accounts} accounts, {IDLE:.0f} s")
            self._idle[accounts] = self.platform.growth(IDLE, self.node)
        return self._idle[accounts]


def say(text: str) -> None:
    """Print a line of progress."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)
