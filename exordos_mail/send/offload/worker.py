# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The working process itself: orders in, answers out, until the input ends."""

import collections.abc as abc
import resource
import signal
import sys
import traceback
import typing as tp

from exordos_mail.send.offload import frame

#: Bytes of memory that it may have at the most. Whoever needs more is refused.
_MEMORY = 2 * 1024**3
#: Kilobytes after which it ends, so that a new one begins with little.
_FAT = 256 * 1024


def serve(works: abc.Sequence[frame.Work]) -> None:
    """Work until the service ends, or until this process has become too large."""
    # The service says when it is over: it may still answer somebody.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    given, taken = sys.stdin.buffer, sys.stdout.buffer
    while len(head := given.read(frame.ORDER.size)) == frame.ORDER.size:
        number, order, data = frame.ORDER.unpack(head)
        status, answer = _done(
            works[number], frame.decode_order(given.read(order)), given.read(data)
        )
        taken.write(frame.ANSWER.pack(status, len(answer)))
        taken.write(answer)
        taken.flush()
        if _most() > _FAT:
            return


def _most() -> int:
    """Return the most memory that this process has had, in kilobytes.

    Not `ru_maxrss`: that begins with what the service had when it started this one
    (getrusage(2)), and beyond _FAT each process would end after its first work.
    """
    with open("/proc/self/status", encoding="ascii", errors="replace") as status:
        lines = dict(line.split(":", 1) for line in status)
    return int(lines["VmHWM"].split()[0])


def _done(work: frame.Work, order: frame.Order, data: bytes) -> tuple[int, bytes]:
    try:
        return frame.DONE, frame.encode(work.run(data, order))
    except Exception as error:
        return frame.FAILED, _places(error).encode()


def _places(error: BaseException) -> str:
    """Return type and places of an error; its text could hold mail."""
    found: tp.Iterable[traceback.FrameSummary] = traceback.extract_tb(
        error.__traceback__
    )
    places = ", ".join(f"{one.filename}:{one.lineno}" for one in found)
    return f"{type(error).__name__} at {places}"
