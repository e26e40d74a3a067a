# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Where a node learns what it must be: what the engine asks, and what it gets.

The client of the node gateway (agent/gateway.py) is one source; a payload of the
platform that carries everything is another one.
"""

import dataclasses
import typing as tp

from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.protocol import documents, messages, observations, outcomes


class GatewayError(Exception):
    """The gateway gave no whole reply; one line of text, without secrets."""


@dataclasses.dataclass(frozen=True)
class Fetched:
    """Texts by bucket, and why some are missing ("": no reason)."""

    texts: tp.Mapping[str, str] = dataclasses.field(repr=False)
    problem: str = ""


class Source(tp.Protocol):
    """Who can be asked."""

    def sync(self, have: tp.Mapping[str, str]) -> messages.State:
        """Tell what the node has; return what it must have.

        Args:
            have: the digest over each collection.

        Raises:
            GatewayError: there is no connection, or no whole reply in time, or
                the gateway refuses.
        """

    def fetch(self, collection: str, buckets: list[str]) -> Fetched:
        """Return the texts of these buckets, as far as there are any.

        Args:
            collection: their collection.
            buckets: at most `messages.FETCH_MAX`.

        Raises:
            GatewayError: see `sync`.
        """


class Gateway(Source, tp.Protocol):
    """What is needed of the client of the node gateway."""

    @property
    def is_up(self) -> bool:
        """Whether there is a connection."""

    @property
    def is_rung(self) -> bool:
        """Whether the doorbell has rung since the last `sync` began."""

    def tell(self, told: tp.Sequence[outcomes.Outcome]) -> None:
        """Tell what became of messages; telling it twice does no harm.

        Raises:
            GatewayError: the gateway may not have taken all of it.
        """

    def observe(self, kind: str, facts: observations.Facts) -> None:
        """Tell what is seen of things of a kind, in place of what was told before.

        Raises:
            GatewayError: the gateway may not have taken all of it.
            ValueError: what is to be told of one thing is too large for a message.
        """


class Delivered:
    """A payload of the platform that carries everything (`bulk`).

    Raises:
        SpecError: it is not made as it should be.
    """

    def __init__(self, value: tp.Mapping[str, tp.Any]) -> None:
        bulk = value["bulk"]
        texts = bulk.get("texts") if isinstance(bulk, dict) else None
        if not isinstance(texts, dict) or not all(
            isinstance(of, dict) and all(map(messages.is_text, of.values()))
            for of in texts.values()
        ):
            raise spec_lib.SpecError("the payload has no usable bulk")
        self._value = value
        self._texts = texts
        self.collections = spec_lib.check_collections(bulk.get("collections"))

    def sync(self, have: tp.Mapping[str, str]) -> messages.State:
        """See Source."""
        value = self._value
        return messages.State(
            number=0,
            instance="",
            name=value.get("name", ""),
            generation=value.get("generation", 0),
            revision=value.get("revision", ""),
            collections=documents.summaries(self.collections),
            changed=self.collections,
        )

    def fetch(self, collection: str, buckets: list[str]) -> Fetched:
        """See Source."""
        texts = self._texts.get(collection, {})
        return Fetched({one: texts[one] for one in buckets if one in texts})
