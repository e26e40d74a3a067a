# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Logs: a JSON object on each line, for programs to read.

They hold no address, no content and no secret: of an exception its type and
the places it went through, because its text may quote what it was about, and
whatever looks like an address is left out of a message.
"""

import json
import logging
import re
import sys
import traceback
import types

from exordos_mail.send import clock

#: Members beside the usual ones, given as `extra`.
MEMBERS = ("tenant", "relay", "message_id")
_ADDRESS = re.compile(r"[^\s<>\"'(),;:/]+@[^\s<>\"'(),;]+")
_PLACE = "exordos_mail/"


def begin() -> None:
    """Write the logs of this process to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    # Others tell at this level what they were asked for, with whole addresses.
    for name in ("exordos_mail", "uvicorn"):
        logging.getLogger(name).setLevel(logging.INFO)


class Lines(logging.Formatter):
    """Makes the line of a record."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry: dict[str, object] = {
            "at": clock.text(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": masked(record.getMessage()),
        }
        for name in MEMBERS:
            if (value := getattr(record, name, None)) is not None:
                entry[name] = value
        if record.exc_info and record.exc_info[0] is not None:
            entry["exception"] = record.exc_info[0].__name__
            entry["places"] = _places(record.exc_info[2])
        return json.dumps(entry, ensure_ascii=False)


def masked(text: str) -> str:
    """Return a text without what looks like an address or a URL's password."""
    return _ADDRESS.sub("<address>", text)


def _places(found: types.TracebackType | None) -> list[str]:
    """Return file, line and function of each step, the outermost first."""
    return [
        f"{frame.filename.rpartition(_PLACE)[2]}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(found)
    ]
