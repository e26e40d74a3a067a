# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Whom outcomes are told: the send service, and the control plane.

Both take the same outcome twice for one, so what was told is forgotten afterwards.
"""

import dataclasses
import json
import pathlib
import typing as tp

from exordos_mail.dataplane.engine import send_socket, source
from exordos_mail.dataplane.services.outcomes import journal
from exordos_mail.protocol import untrusted

_TIMEOUT = 15.0  # seconds
_BODY_MAX = 60_000  # octets


class NotTold(Exception):
    """Nothing was taken; one line of text, without secrets."""


#: Tells some, and returns the numbers of those that come too early.
#:
#: Raises:
#:     NotTold: all are to be told again.
Tell = tp.Callable[[list[journal.Waiting]], tp.Collection[int]]


def send_service(path: pathlib.Path) -> Tell:
    """Return what tells the send service behind a control socket of its messages."""

    def tell(waiting: list[journal.Waiting]) -> tp.Collection[int]:
        early: set[int] = set()
        for body in _bodies(waiting):
            early |= _exchange(path, body)
        return early

    return tell


def _exchange(path: pathlib.Path, body: bytes) -> set[int]:
    """Return the numbers of those that come too early."""
    try:
        octets = send_socket.exchange(
            path, "POST", "/v1/managed/outcomes", body, _TIMEOUT
        )
        return set(untrusted.loads(octets)["again"])
    except send_socket.ControlError as exc:
        raise NotTold(str(exc)) from None
    except (ValueError, TypeError, KeyError):
        raise NotTold("the send service does not say what it took") from None


def _bodies(waiting: tp.Iterable[journal.Waiting]) -> tp.Iterator[bytes]:
    """Yield requests that are no larger than the send service takes."""
    some: list[str] = []
    for one in waiting:
        text = json.dumps(_of_message(one))
        if some and sum(map(len, some)) + len(text) > _BODY_MAX:
            yield _body(some)
            some = []
        some.append(text)
    if some:
        yield _body(some)


def _body(some: list[str]) -> bytes:
    return f'{{"outcomes": [{", ".join(some)}]}}'.encode()


def control_plane(gateway: source.Gateway) -> Tell:
    """Return what tells the control plane of the accounts' messages."""

    def tell(waiting: list[journal.Waiting]) -> tp.Collection[int]:
        try:
            gateway.tell([one.outcome for one in waiting])
        except source.GatewayError as exc:
            raise NotTold(str(exc)) from None
        return ()

    return tell


def nobody(waiting: list[journal.Waiting]) -> tp.Collection[int]:
    """Tell nobody: there is no gateway, and what is read must not pile up."""
    return ()


def _of_message(waiting: journal.Waiting) -> dict[str, tp.Any]:
    outcome = dataclasses.asdict(waiting.outcome)
    return {"seq": waiting.seq, "submitter": waiting.submitter, **outcome}
