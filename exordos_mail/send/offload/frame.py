# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the service and its reading process say to each other."""

import struct
import typing as tp

import msgspec

#: Number of the work, length of the order, length of the data.
ORDER = struct.Struct(">BIQ")
#: 0: done, 1: failed; and the length of the answer.
ANSWER = struct.Struct(">BQ")
DONE, FAILED = 0, 1


class Order(msgspec.Struct, array_like=True):
    """What is to be known beside the data."""

    #: Milliseconds since 1970.
    now: int
    #: An idempotency key that came in a header.
    key: str | None = None


class Work(tp.NamedTuple):
    """A pure function, and what it returns."""

    run: tp.Callable[[bytes, Order], tp.Any]
    answer: type[msgspec.Struct]


encode = msgspec.msgpack.Encoder().encode
decode_order = msgspec.msgpack.Decoder(Order).decode
