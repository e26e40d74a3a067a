# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A toy: what a new resource below an instance needs, all of it."""

from exordos_mail.schema import field
from exordos_mail.schema.field import Access, Field, Kind
from exordos_mail.schema.noun import Noun

NOUN = Noun(
    "toy",
    "toys",
    "A toy of an instance.",
    (
        field.named("Name for people.", "Teddy"),
        field.line(
            "code",
            "What the node calls it, unique in the instance. Set at creation.",
            "bear-1",
            default=None,
            least=1,
            access=Access.SET_ONCE,
            sortable=True,
        ),
        Field(
            "colour",
            Kind.WORD,
            "Colour of its coat.",
            "brown",
            default="brown",
            words=("brown", "white"),
        ),
        Field("size", Kind.INTEGER, "Height in centimetres.", 30, most=200),
    ),
    below="instance",
    key="code",
    documents="toys",
    listed=("uuid", "code", "colour", "size"),
)
