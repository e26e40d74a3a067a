# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A version: a released image of the node."""

from exordos_mail.schema import field
from exordos_mail.schema.field import Kind
from exordos_mail.schema.noun import Noun

#: Longest address of an image in characters.
IMAGE_MAX = 2048

NOUN = Noun(
    "version",
    "versions",
    "A released image of the node. It comes from the element's manifest.",
    (
        # no default: each has one of its own
        field.named("Name of the version, unique.", "1.0.0", least=1, default=None),
        # how the platform's agent finds it again
        field.Field(
            "description",
            Kind.LINE,
            "Project of the manifest that declared the version.",
            "12345678-c625-4fee-81d5-f691897b8142",
            default="",
            least=0,
            most=field.LINE_MAX,
            sortable=True,
        ),
        field.line(
            "image",
            "Address of the image of the node's root disk.",
            "https://images.example.com/exordos-metapaas-mail-dp.raw.zst",
            default=None,
            least=1,
            most=IMAGE_MAX,
            sortable=True,
        ),
    ),
    key="name",
    permission="mail_version",
    conflict="a version of this name exists, or an instance uses the version",
    project=False,
    read_only=True,
    listed=("uuid", "name", "created_at", "description"),
)
