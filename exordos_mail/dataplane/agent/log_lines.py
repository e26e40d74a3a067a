# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Log lines of the node's agent: one event, one line.

The journal keeps lines, so a traceback becomes twenty events; and the text of
an exception may hold values of a payload. Here an exception is its chain of
types and the place where it was raised; the text is kept only of errors of
the operating system and the network, which is where it helps.
"""

import logging
import traceback
import types
import typing as tp

ExcInfo = (
    tuple[type[BaseException], BaseException, types.TracebackType | None]
    | tuple[None, None, None]
)


class OneLineFormatter(logging.Formatter):
    """Renders a record, with its exception, in one line (see logging.yaml)."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return " | ".join(super().format(record).splitlines())

    def formatException(self, ei: ExcInfo) -> str:
        """Return an exception as `Type: text at function (file:line)`."""
        return " from ".join(_summary(exception) for exception in _chain(ei[1]))

    def formatStack(self, stack_info: str) -> str:
        """Leave a stack that was asked for out: it is as long as a traceback."""
        return ""


def _chain(exception: BaseException | None) -> tp.Iterator[BaseException]:
    seen: set[int] = set()
    while exception is not None and id(exception) not in seen:
        seen.add(id(exception))
        yield exception
        exception = exception.__cause__ or exception.__context__


def _summary(exception: BaseException) -> str:
    name = type(exception).__name__
    if isinstance(exception, OSError):
        name += f": {exception}"
    frames = traceback.extract_tb(exception.__traceback__)
    if not frames:
        return name
    last = frames[-1]
    return f"{name} at {last.name} ({last.filename}:{last.lineno})"
