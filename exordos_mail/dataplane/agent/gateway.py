# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The node's one connection to the control plane's node gateway.

A thread of the agent holds it: it connects, again after 1 to 30 s, hears the
doorbell, and hands the parts of a reply to the pass that waits in `sync`.
Nothing is kept over a lost connection, and every new one counts as a ring:
what was missed meanwhile is found by looking.
"""

import collections.abc as abc
import logging
import random
import threading
import time
import typing as tp
import uuid as sys_uuid

from websockets import exceptions as ws_exc
from websockets.sync import client as ws_client
from websockets.sync import connection as ws_connection

from exordos_mail.dataplane.agent import awaited as awaited_lib
from exordos_mail.dataplane.agent import link as link_lib
from exordos_mail.dataplane.engine import source
from exordos_mail.protocol import channel, messages, observations, outcomes

LOG = logging.getLogger(__name__)
# What the library has to say beside what it raises, is tracebacks.
_QUIET = logging.getLogger(__name__ + ".websockets")
_QUIET.setLevel(logging.CRITICAL)

_CONNECT_TIMEOUT = 5.0  # seconds, for TCP and the handshake, and for the hello
_REPLY_TIMEOUT = 10.0  # seconds without any part of an awaited reply
_WHOLE_REPLY_TIMEOUT = 300.0  # seconds for all parts
_CLOSE_TIMEOUT = 1.0
_PING_INTERVAL, _PING_TIMEOUT = 20.0, 20.0
_BACKOFF_MIN, _BACKOFF_MAX = 1.0, 30.0
_SEAL_SIZE = 16  # octets that sealing adds


class Client:
    """The connection, as the passes of the agent see it.

    Args:
        endpoint: `ws://host:port/path`.
        node: the machine's system uuid.
        key: reads the node's key (32 octets); asked at every connection.
    """

    def __init__(
        self, endpoint: str, node: sys_uuid.UUID, key: tp.Callable[[], bytes]
    ) -> None:
        self._endpoint = endpoint
        self._node = node
        self._key = key
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()
        self._is_connecting = False
        self._link: link_lib.Link | None = None
        self._why_not = "not connected yet"
        self._is_rung = False
        self._number = 0
        # By number: the connection serves more than one thread.
        self._awaited: dict[int, awaited_lib.Awaited] = {}
        self._listeners: list[tp.Callable[[], None]] = []

    def on_ring(self, listener: tp.Callable[[], None]) -> None:
        """Call `listener`, in the thread of the connection, at every ring."""
        self._listeners.append(listener)

    def start(self) -> None:
        """Begin to connect; once begun, do nothing."""
        if self._thread is None:
            self._is_connecting = True
            self._thread = threading.Thread(
                target=self._run, name="node-gateway", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """Close the connection and end the thread."""
        self._stopped.set()
        link = self._link
        if link is not None:
            link.close()
        if self._thread is not None:
            self._thread.join()

    @property
    def is_up(self) -> bool:
        """Whether there is a connection."""
        return self._link is not None

    @property
    def is_served(self) -> bool:
        """Whether the gateway has said on it what the node must be.

        Then it holds the node's key, and would ring at a change.
        """
        link = self._link
        return link is not None and link.is_served

    @property
    def is_rung(self) -> bool:
        """Whether the doorbell has rung since the last `sync` began."""
        return self._is_rung

    def sync(self, have: tp.Mapping[str, str]) -> messages.State:
        """See Source."""
        awaited = awaited_lib.State()
        self._ask(awaited, lambda number: messages.Sync(number, have))
        assert awaited.state is not None  # noqa: S101 see is_whole
        return awaited.state

    def fetch(self, collection: str, buckets: list[str]) -> source.Fetched:
        """See Source."""
        awaited = awaited_lib.Texts()
        self._ask(awaited, lambda number: messages.Fetch(number, collection, buckets))
        return source.Fetched(awaited.texts, awaited.problem)

    def tell(self, told: abc.Iterable[outcomes.Outcome]) -> None:
        """Have the control plane keep outcomes; it may be told of one again.

        Raises:
            source.GatewayError: not all of them are kept: the gateway is away, late,
                or refuses.
        """
        for batch in outcomes.batches(told, messages.TOLD_MAX):
            self._tell(batch)

    def _tell(self, batch: list[outcomes.Outcome]) -> None:
        self._ask(awaited_lib.Told(), lambda number: messages.Tell(number, batch))

    def observe(self, kind: str, facts: observations.Facts) -> None:
        """See source.Gateway."""
        for part in observations.batches(facts, messages.TOLD_MAX):
            self._observe(kind, part)

    def _observe(self, kind: str, part: observations.Facts) -> None:
        self._ask(
            awaited_lib.Told(), lambda number: messages.Observe(number, kind, part)
        )

    def _ask(
        self,
        awaited: awaited_lib.Awaited,
        question: tp.Callable[[int], messages.Message],
    ) -> None:
        """Ask with a number of its own, and wait for the whole of the reply.

        Raises:
            source.GatewayError: see Source.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._is_connecting)
            link = self._link
            if link is None:
                raise source.GatewayError(f"the node gateway is away: {self._why_not}")
            self._number += 1
            number = self._number
            if isinstance(awaited, awaited_lib.State):
                # A ring from now on is about what the reply may not have.
                self._is_rung = False
            self._awaited[number] = awaited
        try:
            link.send(question(number))
            self._wait(awaited)
        except (OSError, ws_exc.WebSocketException) as exc:
            raise source.GatewayError(
                f"the node gateway is away: {_why(exc)}"
            ) from None
        except source.GatewayError:
            if awaited.refusal is None:
                # The rest may still come: a new connection knows nothing of it.
                link.close()
            raise
        finally:
            with self._changed:
                del self._awaited[number]

    def _wait(self, awaited: awaited_lib.Awaited) -> None:
        end = time.monotonic() + _WHOLE_REPLY_TIMEOUT
        with self._changed:
            while not awaited.is_whole:
                if time.monotonic() > end:
                    raise source.GatewayError(
                        "the node gateway does not come to an end"
                    )
                if awaited.refusal is not None:
                    raise source.GatewayError(
                        f"the node gateway refuses: {awaited.refusal}"
                    )
                if awaited.is_cut:
                    raise source.GatewayError(
                        f"the node gateway is away: {self._why_not}"
                    )
                if not self._changed.wait(_REPLY_TIMEOUT):
                    raise source.GatewayError("the node gateway does not answer")

    # --- the thread -------------------------------------------------------

    def _run(self) -> None:
        delay = _BACKOFF_MIN
        while not self._stopped.is_set():
            try:
                self._serve()
                why = "the connection was closed"
            except Exception as exc:
                # Whatever it is, the doorbell must not stay away for ever.
                why = _why(exc)
            if self.is_served:
                delay = _BACKOFF_MIN
            self._lost(why)
            # Jitter: the nodes must not all come back at the same moment.
            self._stopped.wait(delay * random.uniform(0.5, 1.0))  # noqa: S311
            delay = min(2 * delay, _BACKOFF_MAX)
            self._is_connecting = True

    def _serve(self) -> None:
        """Hold one connection until it ends."""
        with ws_client.connect(
            self._endpoint,
            compression=None,
            proxy=None,
            open_timeout=_CONNECT_TIMEOUT,
            close_timeout=_CLOSE_TIMEOUT,
            ping_interval=_PING_INTERVAL,
            ping_timeout=_PING_TIMEOUT,
            max_size=messages.FROM_GATEWAY_MAX + _SEAL_SIZE,
            logger=_QUIET,
        ) as connection:
            link = self._link_of(connection)
            with self._changed:
                self._link, self._is_connecting = link, False
                self._changed.notify_all()
            LOG.info("the node gateway is connected")
            self._ring()
            for message in link.messages():
                if isinstance(message, (messages.State, messages.Refused)):
                    link.is_served = isinstance(message, messages.State)
                self._take(message)

    def _link_of(self, connection: ws_connection.Connection) -> link_lib.Link:
        nonce = channel.new_nonce()
        connection.send(channel.Hello(self._node, nonce).encode())
        theirs = channel.decode_reply(connection.recv(_CONNECT_TIMEOUT))
        sealing = channel.Channel(self._key(), nonce, theirs, is_server=False)
        return link_lib.Link(connection, sealing)

    def _take(self, message: messages.Message) -> None:
        if isinstance(message, messages.Ring):
            self._ring()
            return
        with self._changed:
            awaited = self._awaited.get(message.number)
            # What nobody waits for any more is left out.
            if awaited is not None:
                awaited.take(message)
                self._changed.notify_all()

    def _ring(self) -> None:
        self._is_rung = True
        for listener in self._listeners:
            listener()

    def _lost(self, why: str) -> None:
        with self._changed:
            was_up = self._link is not None
            is_news = was_up or why != self._why_not
            self._link, self._is_connecting, self._why_not = None, False, why
            for awaited in self._awaited.values():
                awaited.is_cut = True
            self._changed.notify_all()
        if is_news and not self._stopped.is_set():
            LOG.warning("the node gateway is away: %s", why)


def _why(exc: Exception) -> str:
    """Return what went wrong, without the text of anything that came."""
    if isinstance(exc, (channel.ChannelError, messages.MessageError)):
        return str(exc)
    if isinstance(exc, OSError) and exc.strerror:
        return exc.strerror
    return type(exc).__name__
